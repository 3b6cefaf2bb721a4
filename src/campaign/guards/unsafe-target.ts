// The target is no longer what it was when the campaign began: it ends, restored, and says what was seen.
export class UnsafeTarget extends Error {
  override readonly name = 'UnsafeTarget';
}

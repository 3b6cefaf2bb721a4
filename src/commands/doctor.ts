export async function doctor(_a: unknown, _b: unknown, _c: unknown): Promise<0> {
  return 0;
}

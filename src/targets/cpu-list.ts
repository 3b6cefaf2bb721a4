// CPU lists as taskset(1) and the kernel write them: "0", "0-3", "0,2-3".

export function cpuList(text: string): readonly number[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    });
}

/** Those of a machine with so many. */
export function allCpus(count: number): string {
  return count > 1 ? `0-${count - 1}` : '0';
}

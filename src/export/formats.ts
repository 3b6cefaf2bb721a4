// The formats' names, apart from the exporters, so that the command line knows them without loading anything.

export const FORMATS = ['sysctl.d', 'shell', 'router-defaults'] as const;
export const ALL_FORMATS = 'all';

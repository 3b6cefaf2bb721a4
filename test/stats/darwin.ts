// Darwin's fifteen pairs of maize plants, crossed minus self-fertilised, in eighths of an inch: the worked example of
// R. A. Fisher, The Design of Experiments, 1935, sections 17 and 21.
export const DARWIN_DIFFERENCES = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48] as const;

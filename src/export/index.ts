// Exporters by the name that users choose.
import type { Exporter } from './exporter.ts';
import { routerDefaults } from './router-defaults.ts';
import { shell } from './shell.ts';
import { sysctlD } from './sysctl-d.ts';

export const EXPORTERS: readonly Exporter[] = [sysctlD, shell, routerDefaults];

// A file for /etc/sysctl.d (sysctl.d(5)).
import { type Exporter, explained, header, PLAIN_FILE } from './exporter.ts';

const NAME = '90-siptune.conf';

export const sysctlD: Exporter = {
  format: 'sysctl.d',
  summary: 'kernel settings for /etc/sysctl.d',
  files(profile) {
    const settings = profile.settings.filter(({ knob }) => knob.access.via === 'sysctl');
    if (settings.length === 0) return [];
    const lines = settings.map((setting) => `${explained(setting)}\n${setting.knob.name} = ${setting.to}`);
    return [
      {
        path: NAME,
        mode: PLAIN_FILE,
        text: `${header(profile, settings, [
          'Kernel settings for a SIP router, found and proven by siptune.',
          '',
          `Install: cp ${NAME} /etc/sysctl.d/ && sysctl --system, then restart the router (buffers are taken at its start).`,
          `Check:   sysctl ${settings.map(({ knob }) => knob.name).join(' ')} (a later file that sets the same, e.g. 99-sysctl.conf, wins)`,
          `Undo:    rm /etc/sysctl.d/${NAME}, then`,
          ...settings.map(({ knob, from }) => `           sysctl -w ${knob.name}=${from}`),
          '         and restart the router.',
        ])}\n\n${lines.join('\n')}\n`,
      },
    ];
  },
};

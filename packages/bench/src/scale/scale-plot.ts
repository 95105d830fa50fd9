/** A load wave as an SVG: backlog, replicas and latency over time, stacked. Pure. */
import type { ScaleSample } from './scale.ts';

const width = 720;
const panel = { left: 64, right: 24, top: 56, height: 130, gap: 44 } as const;
const colours = {
  load: '#7a7f87',
  backlog: '#d1571b',
  wanted: '#a5b4c8',
  ready: '#1f6feb',
  p50: '#116329',
  p99: '#a40e26',
};

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | undefined)[];
  readonly isStep?: boolean;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** An SVG of 720 pixels width. `title` stands above it. */
export function scalePlot(samples: readonly ScaleSample[], title: string): string {
  const of = <K extends keyof ScaleSample>(name: K) => samples.map((one) => one[name]);
  const panels: Panel[] = [
    {
      title: 'tasks',
      lines: [
        { name: 'asked for, a second', colour: colours.load, values: of('asked') },
        { name: 'backlog', colour: colours.backlog, values: of('backlog') },
      ],
    },
    {
      title: 'replicas',
      lines: [
        { name: 'wanted by the rule', colour: colours.wanted, values: of('wanted'), isStep: true },
        { name: 'ready', colour: colours.ready, values: of('ready'), isStep: true },
      ],
    },
    {
      title: 'latency, ms',
      lines: [
        { name: 'p50', colour: colours.p50, values: of('p50Ms') },
        { name: 'p99', colour: colours.p99, values: of('p99Ms') },
      ],
    },
  ];
  const seconds = of('second');
  const height = panel.top + panels.length * (panel.height + panel.gap) + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${panel.left}" y="24" font-size="15" font-weight="bold">${title}</text>`,
    ...panels.flatMap((one, index) => drawn(one, seconds, panel.top + index * (panel.height + panel.gap))),
    `<text x="${(panel.left + width - panel.right) / 2}" y="${height - 8}" text-anchor="middle">seconds</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, lines }: Panel, seconds: readonly number[], top: number): string[] {
  const right = width - panel.right;
  const end = Math.max(1, ...seconds);
  const most = niceCeiling(Math.max(1, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const x = (second: number) => panel.left + (second / end) * (right - panel.left);
  const y = (value: number) => top + panel.height - (value / most) * panel.height;
  const across = [0, 0.5, 1].flatMap((share) => [
    `<line x1="${panel.left}" y1="${y(share * most)}" x2="${right}" y2="${y(share * most)}" stroke="#e3e6ea"/>`,
    `<text x="${panel.left - 8}" y="${y(share * most) + 4}" text-anchor="end">${share * most}</text>`,
  ]);
  const marks = ticks(end).map(
    (second) => `<text x="${x(second)}" y="${top + panel.height + 16}" text-anchor="middle">${second}</text>`,
  );
  const paths = lines.map(
    ({ values, colour, isStep }) =>
      `<path d="${pathOf(seconds, values, x, y, isStep === true)}" fill="none" stroke="${colour}" stroke-width="2"/>`,
  );
  const legend = lines.map(
    ({ name, colour }, index) =>
      `<rect x="${panel.left + 110 + 170 * index}" y="${top - 19}" width="12" height="12" fill="${colour}"/>` +
      `<text x="${panel.left + 128 + 170 * index}" y="${top - 9}">${name}</text>`,
  );
  return [
    `<text x="${panel.left}" y="${top - 9}" font-weight="bold">${title}</text>`,
    ...across,
    ...marks,
    ...paths,
    ...legend,
  ];
}

/** A line through the existing values, with gaps for missing ones. */
function pathOf(
  seconds: readonly number[],
  values: readonly (number | undefined)[],
  x: (second: number) => number,
  y: (value: number) => number,
  isStep: boolean,
): string {
  let drawing = false;
  return values
    .map((value, index) => {
      if (value === undefined) {
        drawing = false;
        return '';
      }
      const [at, height] = [x(seconds[index] ?? 0).toFixed(1), y(value).toFixed(1)];
      const move = !drawing ? `M${at} ${height}` : isStep ? `H${at} V${height}` : `L${at} ${height}`;
      drawing = true;
      return move;
    })
    .filter((move) => move !== '')
    .join(' ');
}

/** The next even number of tens, hundreds and so on, so that half of it is a round number too. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function ticks(end: number): number[] {
  const step = end > 120 ? 30 : end > 40 ? 10 : 5;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

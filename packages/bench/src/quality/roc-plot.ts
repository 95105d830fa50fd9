/** The roles' ROC curves as an SVG: the whole square, and the relevant corner enlarged. Pure. */
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Curve, QualityFigures } from './quality-figures.ts';

type Line = Role | 'all';

/** The curves of a run with their lines: those of the roles that its policy uses, and of all together. */
function linesOf({ curves }: QualityFigures): [line: Line, curve: Curve][] {
  return ([...roles, 'all'] as const).flatMap((line): [Line, Curve][] => {
    const curve = curves[line];
    return curve === undefined ? [] : [[line, curve]];
  });
}

/** By the index of a line's role; further roles start again. */
const roleStyles = [
  'stroke="#7a7f87" stroke-width="2" stroke-dasharray="2 3"',
  'stroke="#1f6feb" stroke-width="2"',
  'stroke="#c2410c" stroke-width="2"',
  'stroke="#8250df" stroke-width="2" stroke-dasharray="6 3"',
  'stroke="#bf8700" stroke-width="2" stroke-dasharray="6 3"',
];
const styleOf = (line: Line): string =>
  line === 'all' ? 'stroke="#116329" stroke-width="2.5"' : (roleStyles[roles.indexOf(line) % roleStyles.length] ?? '');
const nameOf = (line: Line): string => (line === 'all' ? 'lowest of all' : line);
const size = 380;
const top = 76;
const width = 960;
const height = 550;

/** A square that shows both error shares from 0 to `reach`. */
interface Panel {
  readonly title: string;
  readonly left: number;
  readonly reach: number;
}

const panels: readonly Panel[] = [
  { title: 'All scores', left: 70, reach: 1 },
  { title: 'The first 10 %', left: 550, reach: 0.1 },
];

/** An SVG of 960 × 550 pixels. Nearer to the upper left corner is better. */
export function rocPlot(figures: QualityFigures): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="70" y="30" font-size="16" font-weight="bold">Honest answers kept against attacks let through</text>`,
    `<text x="70" y="48" fill="#57606a">${figures.tasks} tasks, ${figures.submissions} labelled submissions; the dot is the verdict of all roles under the policy</text>`,
    ...panels.flatMap((panel) => panelOf(figures, panel)),
    ...legendOf(figures),
    '</svg>',
    '',
  ].join('\n');
}

function panelOf(figures: QualityFigures, { title, left, reach }: Panel): string[] {
  const x = (share: number): number => left + (share / reach) * size;
  const y = (rejected: number): number => top + (rejected / reach) * size;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => share * reach);
  const percent = (share: number): string => String(Math.round(share * 1000) / 10);
  const clip = `panel-${left}`;
  const grid = ticks.flatMap((share) => [
    `<path d="M${x(share)} ${y(0)}V${y(reach)}M${x(0)} ${y(share)}H${x(reach)}" stroke="#e3e6ea" fill="none"/>`,
    `<text x="${x(share)}" y="${y(reach) + 18}" text-anchor="middle">${percent(share)}</text>`,
    `<text x="${x(0) - 8}" y="${y(share) + 4}" text-anchor="end">${percent(1 - share)}</text>`,
  ]);
  const curves = linesOf(figures).map(([line, curve]) => {
    const points = curve.points.map(
      (one) => `${x(one.falseAcceptShare).toFixed(1)},${y(one.falseRejectShare).toFixed(1)}`,
    );
    return `<polyline points="${points.join(' ')}" fill="none" stroke-linejoin="round" ${styleOf(line)}/>`;
  });
  const { falseAccept, falseReject } = figures;
  const dot = `<circle cx="${x(falseAccept.share).toFixed(1)}" cy="${y(falseReject.share).toFixed(1)}" r="5" fill="#24292f" stroke="#ffffff" stroke-width="1.5"/>`;
  const isInside = falseAccept.share <= reach && falseReject.share <= reach;
  return [
    `<clipPath id="${clip}"><rect x="${left}" y="${top}" width="${size}" height="${size}"/></clipPath>`,
    `<text x="${left}" y="${top - 8}" font-weight="bold">${title}</text>`,
    ...grid,
    `<g clip-path="url(#${clip})">${curves.join('\n')}</g>`,
    ...(isInside ? [dot] : []),
    `<text x="${x(reach / 2)}" y="${y(reach) + 38}" text-anchor="middle">attacks accepted (%)</text>`,
    `<text text-anchor="middle" transform="translate(${left - 46} ${y(reach / 2)}) rotate(-90)">honest answers not rejected (%)</text>`,
  ];
}

function legendOf(figures: QualityFigures): string[] {
  const y = top + size + 66;
  const lines = linesOf(figures);
  return lines.flatMap(([line, curve], index) => {
    const left = 70 + Math.round((index * 815) / lines.length);
    return [
      `<path d="M${left} ${y}h26" fill="none" ${styleOf(line)}/>`,
      `<text x="${left + 34}" y="${y + 4}">${nameOf(line)}, AUC ${curve.auc.toFixed(3)}</text>`,
    ];
  });
}

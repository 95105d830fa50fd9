/** The curves of the three roles as an SVG picture: false rejects against false accepts. Pure. */
import { type Role, roles } from '@assay/protocol/role';
import type { QualityFigures } from './quality-figures.ts';

const colours: Readonly<Record<Role, string>> = { checksum: '#7a7f87', embedding: '#1f6feb', semantic: '#d1571b' };
const box = { left: 64, top: 40, size: 400 } as const;

/** An SVG of 640 × 500 pixels. */
export function rocPlot(figures: QualityFigures): string {
  const x = (share: number) => box.left + share * box.size;
  const y = (share: number) => box.top + (1 - share) * box.size;
  const grid = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => [
    `<line x1="${x(share)}" y1="${y(0)}" x2="${x(share)}" y2="${y(1)}" stroke="#e3e6ea"/>`,
    `<line x1="${x(0)}" y1="${y(share)}" x2="${x(1)}" y2="${y(share)}" stroke="#e3e6ea"/>`,
    `<text x="${x(share)}" y="${y(0) + 18}" text-anchor="middle">${share * 100}</text>`,
    `<text x="${x(0) - 8}" y="${y(share) + 4}" text-anchor="end">${share * 100}</text>`,
  ]);
  const lines = roles.map((role) => {
    const points = figures.curves[role].points.map(
      (one) => `${x(one.falseAcceptShare).toFixed(1)},${y(1 - one.falseRejectShare).toFixed(1)}`,
    );
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[role]}" stroke-width="2.5"/>`;
  });
  const legend = roles.map(
    (role, index) =>
      `<rect x="484" y="${box.top + 24 * index}" width="14" height="14" fill="${colours[role]}"/>` +
      `<text x="504" y="${box.top + 12 + 24 * index}">${role}  AUC ${figures.curves[role].auc.toFixed(3)}</text>`,
  );
  const at = { x: x(figures.falseAccept.share), y: y(1 - figures.falseReject.share) };
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="500" font-family="sans-serif" font-size="12" fill="#24292f">',
    '<rect width="640" height="500" fill="#ffffff"/>',
    `<text x="${box.left}" y="24" font-size="15" font-weight="bold">Honest answers kept against attacks let through (%)</text>`,
    ...grid,
    ...lines,
    `<circle cx="${at.x.toFixed(1)}" cy="${at.y.toFixed(1)}" r="5" fill="#116329"/>`,
    ...legend,
    `<circle cx="491" cy="${box.top + 79}" r="5" fill="#116329"/><text x="504" y="${box.top + 84}">verdict of all roles</text>`,
    `<text x="${x(0.5)}" y="${y(0) + 40}" text-anchor="middle">attacks accepted</text>`,
    `<text x="20" y="${y(0.5)}" text-anchor="middle" transform="rotate(-90 20 ${y(0.5)})">honest answers not rejected</text>`,
    '</svg>',
    '',
  ].join('\n');
}

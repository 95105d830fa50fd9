import { type MsgHdrs, headers as newHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { expectedLastHeader, storedToBusMessage } from './message.ts';

/** A stored message with headers, as a publisher sent them. */
function stored(...sent: readonly (readonly [string, string])[]) {
  const header: MsgHdrs = newHeaders();
  for (const [name, value] of sent) header.append(name, value);
  const message = { subject: 'a', data: new Uint8Array(), header, seq: 2, time: new Date(0) };
  return storedToBusMessage(message as unknown as Parameters<typeof storedToBusMessage>[0]);
}

describe('a message of NATS', () => {
  it('is the first of its subject if its publisher expected nothing there', () => {
    expect(stored([expectedLastHeader, '0'])).toMatchObject({ isFirst: true, headers: {} });
    expect(stored([expectedLastHeader, '1'])).not.toHaveProperty('isFirst');
    expect(stored()).not.toHaveProperty('isFirst');
  });

  it.each([
    ['on another subject', [`${expectedLastHeader}-Subject`, 'other']],
    ['twice', [expectedLastHeader, '0']],
    ['beside a header that hides it', [`X-${expectedLastHeader}`, '7']],
  ] as const)('is not the first if the publisher stated it %s', (_, more) => {
    expect(stored(more, [expectedLastHeader, '0'])).not.toHaveProperty('isFirst');
    expect(stored([expectedLastHeader, '0'], more)).not.toHaveProperty('isFirst');
  });
});

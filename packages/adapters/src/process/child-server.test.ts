import { describe, expect, it } from 'vitest';
import { type ServerProgram, startServer } from './child-server.ts';

const program = (changes: Partial<ServerProgram>): ServerProgram => ({
  name: 'example',
  command: process.execPath,
  install: 'apt-get install example',
  scheme: 'http',
  args: (port) => ['-e', `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`],
  probe: async (port) => void (await fetch(`http://127.0.0.1:${port}`)),
  ...changes,
});

describe('a server as a child', () => {
  it('answers once it is started, on the same port after a restart, and is gone after a kill', async () => {
    const server = await startServer(program({}));
    const { pid, url } = server;
    expect((await fetch(url)).status).toBe(200);
    await server.restart();
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect((await fetch(url)).status).toBe(200);
    await server.kill();
    await expect(fetch(url)).rejects.toThrow();
    await server.stop();
  });

  it('that is not installed says how to install it', async () => {
    await expect(startServer(program({ command: 'no-such-program-here' }))).rejects.toThrow(
      /not installed.*Install it: apt-get install example/,
    );
  });

  it('that exits immediately shows its output', async () => {
    await expect(
      startServer(program({ args: () => ['-e', 'console.error("bad option"); process.exit(3)'] })),
    ).rejects.toThrow(/bad option/);
  });
});

import { expect, it } from 'vitest';
import { addressOption, idArgument, urlOption, urlsOption } from './place-options.ts';

it('takes the URLs of HTTP endpoints as they are, and names what else is wrong', () => {
  expect(urlOption('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080/');
  expect(urlsOption('https://a.example/k, http://b.example')).toBe('https://a.example/k, http://b.example');
  for (const wrong of ['', 'localhost:8080', '127.0.0.1:8080', 'nats://127.0.0.1', 'http://'])
    expect(() => urlOption(wrong)).toThrow('It must be a URL such as http://127.0.0.1:8080.');
  expect(() => urlsOption('https://a.example,')).toThrow(/URL/);
});

it('takes an address in any case', () => {
  expect(addressOption(`0x${'aB'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`);
  expect(() => addressOption(`0x${'ab'.repeat(19)}`)).toThrow(/40 hexadecimal digits/);
});

it('takes the id of a task in any case', () => {
  expect(idArgument(`0x${'aB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
  for (const wrong of ['0x12', 'ab'.repeat(32), `0x${'ab'.repeat(33)}`, `0x${'xy'.repeat(32)}`])
    expect(() => idArgument(wrong)).toThrow('It must be 0x and 64 hexadecimal digits.');
});

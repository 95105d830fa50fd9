import { expect, it } from 'vitest';
import { addressOption, urlOption, urlsOption } from './place-options.ts';

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

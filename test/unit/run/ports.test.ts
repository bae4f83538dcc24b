import { expect, test } from 'vitest';
import { hostForwardRule, parsePort } from '../../../src/run/ports.js';

test.each([
  ['6379:6379', 'tcp:127.0.0.1:6379-:6379'],
  ['8080:80', 'tcp:127.0.0.1:8080-:80'],
  ['53:5353/udp', 'udp:127.0.0.1:53-:5353'],
  ['0.0.0.0:80:8080/tcp', 'tcp:0.0.0.0:80-:8080'],
  ['7000', 'tcp:127.0.0.1:7000-:7000'],
  ['65535:1', 'tcp:127.0.0.1:65535-:1'],
])('%s is %s', (text, rule) => {
  expect(hostForwardRule(parsePort(text))).toBe(rule);
});

test.each([
  ['', /'' is no port number/],
  ['80:', /'' is no port number/],
  [':80', /'' is no port number/],
  ['0:80', /'0' is no port number/],
  ['65536:80', /'65536'/],
  ['80:http', /'http'/],
  ['-1:80', /'-1'/],
  ['80:80/sctp', /tcp or udp/],
  ['80:80/tcp/udp', /tcp or udp/],
  ['1:2:3:4', /too many colons/],
  ['localhost:80:80', /'localhost' is not an IPv4 address/],
  // A comma would start another of QEMU's options.
  ['1,hostfwd=tcp::1-:1:80', /too many colons|no port number/],
])('%j is refused', (text, why) => {
  expect(() => parsePort(text)).toThrow(why);
  expect(() => parsePort(text)).toThrow(/^UKL5004: /);
});

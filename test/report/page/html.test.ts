import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html, type Piece, toText, trust } from '../../../lib/report/page/html.ts';
import { showUnseen } from '../../../lib/report/page/visible.ts';

describe('text in a template', () => {
  test('stands there as text, not as markup', () => {
    expect(toText(html`<p>${'<script>alert(1)</script> & "more"'}</p>`)).toBe(
      '<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</p>',
    );
  });

  test('cannot leave the attribute it is in', () => {
    expect(toText(html`<a title="${`" onmouseover="alert(1)`}">x</a>`)).toBe(
      '<a title="&quot; onmouseover=&quot;alert(1)">x</a>',
    );
  });

  test('that is a number or a list is written out, and undefined leaves nothing', () => {
    expect(toText(html`<p>${1}${undefined}${['<', html`<b>${'&'}</b>`]}</p>`)).toBe('<p>1&lt;<b>&amp;</b></p>');
  });

  test.each([
    ['turned around', 'user\u202ecod.exe', 'user⟨U+202E⟩cod.exe'],
    ['broken into lines', 'a\nb\r\u2028c', 'a⟨U+000A⟩b⟨U+000D⟩⟨U+2028⟩c'],
    ['of no width', 'ad\u200bmin\ufeff', 'ad⟨U+200B⟩min⟨U+FEFF⟩'],
    ['a terminal would obey', '\u001b[2J', '⟨U+001B⟩[2J'],
    ['of another kind of blank', 'a\u00a0b\u3164', 'a⟨U+00A0⟩b⟨U+3164⟩'],
    ['in half a pair', 'a\ud800b', 'a⟨U+D800⟩b'],
    ['in tags of Unicode', 'x\u{e0041}', 'x⟨U+E0041⟩'],
  ])('that is %s shows it', (_what, text, shown) => {
    expect(toText(html`<p>${text}</p>`)).toBe(`<p>${shown}</p>`);
  });

  test('in other scripts and with signs stays as it is', () => {
    const text = 'Schlüssel für Zürich, ключ, 鍵, 🔑, μ ≤ 5 €';
    expect(showUnseen(text)).toBe(text);
  });
});

describe('a template refuses', () => {
  test.each<[string, () => unknown]>([
    ['a value as the name of an element', () => html`<${'p'}>`],
    ['a value as an attribute', () => html`<p ${'onclick=alert(1)'}>`],
    ['a value without quotes', () => html`<p class=${'x'}>`],
    ['a value behind a quoted one', () => html`<p class="${'x'}" ${'y'}>`],
    ['a value in single quotes', () => html`<p class='${'x'}'>`],
  ])('%s', (_what, write) => {
    expect(write).toThrow('A value must stand in double quotes here');
  });

  test('markup in an attribute', () => {
    expect(() => html`<p title="${html`<b>x</b>`}">`).toThrow('Markup cannot stand in an attribute');
  });

  test('data that looks like markup but came from a file', () => {
    const forged: Piece = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}');
    expect(() => html`<p>${forged}</p>`).toThrow('Only text and markup can stand on a page');
  });
});

test('a > in an attribute does not end the tag for what follows', () => {
  expect(() => html`<p title="a > b" ${'onclick=alert(1)'}>`).toThrow('double quotes');
  expect(toText(html`<p title="${'a'} > b" class="${'c'}">${'<'}</p>`)).toBe('<p title="a > b" class="c">&lt;</p>');
});

test('what is trusted is taken as it is', () => {
  expect(toText(html`<style>${trust('a > b {}')}</style>`)).toBe('<style>a > b {}</style>');
});

const UNESCAPE: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };

test('whatever the text, no sign is left in it that markup is made of, and it can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const written = toText(html`${text}`);
      expect(written).not.toMatch(/[<>"'`]|&(?!(amp|lt|gt|quot|#39|#96);)|[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(written.replace(/&([a-z0-9#]+);/g, (_, name: string) => UNESCAPE[name] ?? '?')).toBe(showUnseen(text));
    }),
    { numRuns: 1000 },
  );
});

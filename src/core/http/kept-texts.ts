// Texts that take long to make and are asked for by anyone: descriptions of services. The latest are kept, up to a number of characters,
// whatever a stranger asks for.

export interface KeptTexts {
  /** The text of this key, made where it is not known. */
  get(key: string, make: () => string): string;
}

export function keepTexts(mostCharacters: number): KeptTexts {
  const texts = new Map<string, string>();
  let characters = 0;
  return {
    get(key, make) {
      const known = texts.get(key);
      if (known !== undefined) return known;
      const text = make();
      texts.set(key, text);
      characters += text.length;
      for (const [oldest, { length }] of texts) {
        if (characters <= mostCharacters || oldest === key) break;
        texts.delete(oldest);
        characters -= length;
      }
      return text;
    },
  };
}

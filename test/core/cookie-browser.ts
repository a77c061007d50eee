// A browser as far as signing in needs one: cookies per site, redirects, forms.

/** Keeps the cookies of each site and goes where it is sent, until a page comes. */
export class CookieBrowser {
  readonly jars = new Map<string, Map<string, string>>();
  async go(
    address: string,
    init: { readonly method?: string; readonly body?: URLSearchParams } = {},
  ): Promise<{ url: URL; status: number; body: string }> {
    let [url, options] = [new URL(address), init];
    for (let hop = 0; hop < 20; hop++) {
      const jar = this.jars.get(url.origin) ?? new Map<string, string>();
      this.jars.set(url.origin, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const reply = await fetch(url, {
        ...options,
        redirect: "manual",
        headers: { accept: "text/html", cookie },
      });
      for (const set of reply.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      const next = reply.headers.get("location");
      if (next === null) return { url, status: reply.status, body: await reply.text() };
      [url, options] = [new URL(next, url), {}];
    }
    throw new Error("sent around in circles");
  }
  /** Sends the page's form with these fields. */
  async send(page: { url: URL; body: string }, fields: Readonly<Record<string, string>>) {
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? "";
    const hidden = [...page.body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value] as const,
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return await this.go(new URL(action, page.url).href, { method: "POST", body });
  }
  /** At the provider, from the page for signing in. */
  async signIn(origin: string, login: string) {
    const asked = await this.go(`${origin}/anmeldung/anbieter`);
    const agree = await this.send(asked, { login, password: "x" });
    return await this.send(agree, {});
  }
}

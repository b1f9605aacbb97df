// <resonanz-card src="https://resonanz.example/embed/trend?t=emb1.…" lang="de"></resonanz-card>
//
// One published card of Resonanz in a page of your own. An ES module without dependencies and without build step; no cookies, no inline
// script or style. A strict page needs `script-src` for this file and `connect-src` for the address of Resonanz, also under
// `require-trusted-types-for 'script'`. The page's origin must be one of the hosts the embed was made for.
//
// Attributes  src   the link of an embed, as the page "Embeds" shows it; https, or http on this machine
//             lang  de or en, for what the component says itself; default: the language of the page. The card is in the embed's language.
// Method      refresh()  reads the card anew; resolves when it is drawn
// Property    state      loading, shown, withheld, unknown, gone, refused, elsewhere, unreachable or invalid
// Events      resonanz-card  bubbles, with detail {state, kind} after each reading
// Interface and fields of the JSON: docs/embeds.md (format 1).

const FORMAT = 1;
const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(["svg", "g", "path", "line", "rect", "text", "tspan", "title", "desc"]);
const ATTRIBUTES = new Set([
  "d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "width", "height", "viewBox", "transform", "class", "id", "role", "aria-labelledby",
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "stroke-miterlimit", "opacity", "font-family", "font-size", "font-weight", "font-style", "text-anchor",
]);
const ROOMY = 640;

const WORDS = {
  de: {
    loading: "Die Karte wird geladen …",
    gone: "Dieser Link ist abgelaufen oder wurde beendet. In Resonanz gibt es unter „Einbettungen“ einen neuen.",
    refused: "Dieser Link ist unvollständig oder nicht gültig. Bitte kopieren Sie ihn in Resonanz unter „Einbettungen“ noch einmal.",
    elsewhere: "Diese Karte darf auf dieser Seite nicht gezeigt werden.",
    unreachable: "Resonanz ist von hier nicht zu erreichen, die Karte ist für diese Seite nicht freigegeben, oder der Link ist nicht vollständig.",
    invalid: "Hier fehlt der Link einer Karte: Das Attribut src muss ein Link aus Resonanz sein.",
    newer: "Diese Karte ist neuer als diese Seite. Bitte erneuern Sie die Komponente.",
  },
  en: {
    loading: "The card is being loaded …",
    gone: "This link has expired or was ended. Resonanz has a new one under “Embeds”.",
    refused: "This link is incomplete or not valid. Please copy it once more in Resonanz under “Embeds”.",
    elsewhere: "This card may not be shown on this page.",
    unreachable: "Resonanz can not be reached from here, the card is not allowed on this page, or the link is not complete.",
    invalid: "The link of a card is missing here: the attribute src must be a link from Resonanz.",
    newer: "This card is newer than this page. Please update the component.",
  },
};

const base = new CSSStyleSheet();
base.replaceSync(":host { display: block; min-width: 0; } :host([hidden]) { display: none; }");
const sheets = new Map();

/** The service's own style sheet for cards, read once per service. Without it the card stands there unstyled but whole. */
function styleOf(origin) {
  if (!sheets.has(origin)) {
    const sheet = new CSSStyleSheet();
    const read = fetch(`${origin}/static/embed.css`, { credentials: "omit", referrerPolicy: "no-referrer" })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((text) => sheet.replace(text))
      .catch(() => sheets.delete(origin));
    sheets.set(origin, { sheet, read });
  }
  return sheets.get(origin);
}

/** The addresses of a card's parts; null for what is no link of an embed. */
function parts(src, page) {
  let url;
  try {
    url = new URL(src, page);
  } catch {
    return null;
  }
  const local = ["localhost", "127.0.0.1"].includes(url.hostname);
  const fits = /^\/embed\/[a-z]+$/.test(url.pathname) && url.searchParams.getAll("t").length === 1;
  if (!fits || !(url.protocol === "https:" || (url.protocol === "http:" && local))) return null;
  const with_ = (ending) => {
    const made = new URL(url);
    made.pathname += ending;
    return made;
  };
  return { origin: url.origin, json: with_(".json"), svg: with_(".svg") };
}

/** An image as nodes. A request that answers with a document needs no parser that Trusted Types would have to guard. */
function drawing(url) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.overrideMimeType("image/svg+xml");
    request.onload = () => {
      const root = request.status === 200 && request.responseXML ? request.responseXML.documentElement : null;
      done(root && root.namespaceURI === SVG && root.localName === "svg" ? copied(root) : null);
    };
    request.onerror = request.onabort = () => done(null);
    request.send();
  });
}

/** Listed elements and attributes only: whatever answers at that address, neither script nor style nor reference comes in. */
function copied(node) {
  const made = document.createElementNS(SVG, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE && child.namespaceURI === SVG && ELEMENTS.has(child.localName)) made.append(copied(child));
  }
  return made;
}

/** An element with attributes and children; texts only ever become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

const paragraph = (kind, text) => (text ? element("p", { class: `embed-${kind}` }, text) : null);

function tableOf(table, words) {
  const head = element("tr", {}, table.head.map((text) => element("th", { scope: "col" }, text)));
  const rows = table.rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), rest.map((text) => element("td", {}, text))),
  );
  const made = element(
    "table", {}, element("caption", { class: "embed-unseen" }, table.caption), element("thead", {}, head), element("tbody", {}, rows),
  );
  const scroll = element("div", { class: "embed-scroll", role: "group", "aria-label": table.caption, tabindex: "0" }, made);
  return element("details", {}, element("summary", {}, words), scroll);
}

/** The card, as the template embed_card.html makes it. */
function cardOf(card, image, origin) {
  const values = card.values.map((one) =>
    element(
      "div", { class: "embed-one" },
      card.values.length > 1 || one.label !== card.title ? element("h3", { class: "embed-label" }, one.label) : null,
      one.shown === null ? paragraph("withheld", one.words) : paragraph("value", one.shown),
      one.facts.map((fact, place) => element("p", { class: place ? "embed-fact" : `embed-fact ${one.tone}` }, fact)),
    ),
  );
  const items = card.items.map((one) =>
    element(
      "li", { class: one.kind },
      element("h3", { class: "embed-label" }, element("span", { class: "embed-kind" }, `${one.label}:`), ` ${one.title}`),
      element("p", {}, one.text),
    ),
  );
  const link = new URL(card.link.path, origin);
  return element(
    "article", { class: "embed", lang: card.language, "aria-labelledby": "embed-title" },
    paragraph("over", card.room ? `${card.organisation} · ${card.room}` : card.organisation),
    element("h2", { class: "embed-title", id: "embed-title" }, card.title),
    paragraph("question", card.question),
    card.notices.map((text) => paragraph("notice", text)),
    paragraph("withheld", card.missing),
    values.length ? element("div", { class: "embed-values" }, values) : null,
    image ? element("div", { class: "embed-chart" }, image) : null,
    items.length ? element("ul", { class: "embed-items" }, items) : null,
    card.notes.map((text) => paragraph("note", text)),
    card.table ? tableOf(card.table, card.labels.table) : null,
    element(
      "p", { class: "embed-foot" },
      card.data.words ? element("span", {}, card.data.words) : null,
      link.origin === origin ? element("a", { href: link.href, target: "_top", rel: "noopener" }, card.link.words) : null,
    ),
  );
}

export class ResonanzCard extends HTMLElement {
  static observedAttributes = ["src", "lang"];

  #root = this.attachShadow({ mode: "open" });
  #reading = 0;
  #drawn = null;
  state = "loading";

  connectedCallback() {
    this.refresh();
  }

  attributeChangedCallback(name, before, now) {
    if (before !== now && this.isConnected) this.refresh();
  }

  /** Reads the card anew. Of several readings at once the last counts. */
  async refresh() {
    const mine = ++this.#reading;
    const found = parts(this.getAttribute("src") ?? "", this.ownerDocument.baseURI);
    if (!found) return this.#say("invalid", mine);
    const { sheet, read } = styleOf(found.origin);
    this.#root.adoptedStyleSheets = [base, sheet];
    if (!this.#drawn) this.#show(this.#saying("loading"));
    let card, answer;
    try {
      [answer] = await Promise.all([fetch(found.json, { credentials: "omit", referrerPolicy: "no-referrer" }), read]);
      card = await answer.json();
    } catch {
      return this.#say("unreachable", mine);
    }
    if (card?.format !== FORMAT) return this.#say(answer.ok ? "newer" : "unreachable", mine);
    if (!answer.ok) return this.#say(["gone", "refused", "elsewhere"].includes(card.state) ? card.state : "refused", mine);
    let image = null;
    if (card.drawing) {
      if (this.clientWidth >= ROOMY) found.svg.searchParams.set("size", "wide");
      image = await drawing(found.svg);
    }
    if (mine !== this.#reading) return;
    this.#drawn = cardOf(card, image, found.origin);
    this.#show(this.#drawn);
    this.#tell(card.state, card.kind);
  }

  get #words() {
    const asked = this.lang || this.closest("[lang]")?.lang || document.documentElement.lang || navigator.language || "";
    return asked.toLowerCase().startsWith("de") ? "de" : "en";
  }

  #saying(state) {
    const code = this.#words;
    return element("div", { class: "embed", lang: code }, element("p", { class: "embed-withheld", role: "status" }, WORDS[code][state]));
  }

  #say(state, mine) {
    if (mine !== this.#reading) return;
    this.#drawn = null;
    this.#show(this.#saying(state));
    this.#tell(state, null);
  }

  #show(node) {
    this.#root.replaceChildren(node);
  }

  #tell(state, kind) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("resonanz-card", { bubbles: true, composed: true, detail: { state, kind } }));
  }
}

if (!customElements.get("resonanz-card")) customElements.define("resonanz-card", ResonanzCard);

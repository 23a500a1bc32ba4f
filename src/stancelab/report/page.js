"use strict";
(() => {
  const AT_ONCE = 100, PRINTED = 1000;
  const one = (selector) => document.querySelector(selector);
  const form = one("#filters"), table = one("#table"), pager = one("#pager");
  let rows, state = {}, found = [], first = 0;

  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const thousands = (number) => number.toLocaleString("en");
  const plural = (number, word) => `${thousands(number)} ${word}${number === 1 ? "" : "s"}`;

  async function unpack() {
    const bytes = Uint8Array.from(atob(one("#packed").textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  /* A row's outcome of a recipe: how many repeats gave each label. */
  const outcome = (recipe, row) => recipe.counts[recipe.of[row]];
  const most = (counts) => counts.indexOf(Math.max(...counts));
  const total = (counts) => counts.reduce((sum, count) => sum + count, 0);
  const wrong = (recipe, row) => {
    const counts = outcome(recipe, row);
    return 1 - counts[rows.gold[row]] / total(counts);
  };

  function matches(row) {
    if (state.gold >= 0 && rows.gold[row] !== state.gold) return false;
    if (state.words && !state.words.every((word) => rows.texts[row].includes(word))) return false;
    if (state.predicted < 0 && !state.errors) return true;
    return state.recipes.some((recipe) => {
      const counts = outcome(recipe, row);
      if (state.predicted >= 0) return counts[state.predicted] > 0 && !(state.errors && state.predicted === rows.gold[row]);
      return counts[rows.gold[row]] < total(counts);
    });
  }

  function sorted(chosen) {
    const by = form.sort.value;
    if (!by) return chosen;
    if (by === "actor" || by === "text") {
      const column = rows.columns[by];
      return chosen.sort((a, b) => column[a].localeCompare(column[b]) || a - b);
    }
    const sign = by === "worst" ? -1 : 1;
    const badness = new Map(chosen.map((row) => [row, state.recipes.reduce((sum, recipe) => sum + wrong(recipe, row), 0)]));
    return chosen.sort((a, b) => sign * (badness.get(a) - badness.get(b)) || a - b);
  }

  function filter() {
    const recipe = rows.recipes.find((each) => each.name === form.recipe.value);
    state = {
      recipe,
      recipes: recipe ? [recipe] : rows.recipes,
      gold: rows.labels.indexOf(form.gold.value),
      predicted: rows.labels.indexOf(form.predicted.value),
      errors: form.errors.checked,
      words: form.q.value.toLowerCase().split(/\s+/).filter(Boolean),
    };
    found = sorted([...rows.gold.keys()].filter(matches));
    first = 0;
  }

  const tag = (code) => make("span", rows.labels[code], `tag ${rows.classes[code]}`);
  const told = (counts) => counts
    .map((count, code) => [count, rows.labels[code]]).filter(([count]) => count).sort((a, b) => b[0] - a[0])
    .map(([count, label]) => (total(counts) === 1 ? label : `${label} ${count}×`)).join(", ");

  function head() {
    const line = make("tr");
    const names = ["statement", "actor", ...(rows.severalTargets ? ["target"] : []), "gold"];
    for (const name of [...names, ...(state.recipe ? [`${state.recipe.name} said`] : [])]) line.append(make("th", name));
    for (const recipe of rows.recipes) {
      const cell = make("th", undefined, recipe === state.recipe ? "chosen" : "");
      cell.append(make("span", recipe.name, "slant"));
      line.append(cell);
    }
    for (const cell of line.children) cell.scope = "col";
    table.tHead.replaceChildren(line);
  }

  function drawn(row) {
    const line = make("tr"), { id, text, actor, target } = rows.columns;
    const statement = make("th", text[row], "statement");
    statement.scope = "row";
    statement.append(make("code", id[row]));
    line.append(statement, make("td", actor[row]));
    if (rows.severalTargets) line.append(make("td", target[row]));
    const gold = make("td");
    gold.append(tag(rows.gold[row]));
    line.append(gold);
    if (state.recipe) line.append(make("td", told(outcome(state.recipe, row)), "told"));
    for (const recipe of rows.recipes) {
      const counts = outcome(recipe, row), code = most(counts), right = code === rows.gold[row];
      const cell = make("td", undefined, recipe === state.recipe ? "chosen" : "");
      cell.append(make("span", rows.letters[code], right ? "mark right" : `mark wrong ${rows.classes[code]}`));
      cell.title = `${recipe.name}: ${told(counts)}`;
      line.append(cell);
    }
    return line;
  }

  function draw(size = AT_ONCE) {
    head();
    const shown = found.slice(first, first + size);
    table.tBodies[0].replaceChildren(...shown.map(drawn));
    const of = found.length === rows.gold.length ? "" : ` of ${thousands(rows.gold.length)}`;
    one("#count").textContent = `${thousands(found.length)}${of ? `${of} rows` : ` row${found.length === 1 ? "" : "s"}`}`
      + (size > AT_ONCE && found.length > size ? `, the first ${thousands(size)} printed` : "");
    one("#place").textContent = found.length ? `${thousands(first + 1)}–${thousands(first + shown.length)}` : "";
    one("#previous").disabled = first === 0;
    one("#next").disabled = first + size >= found.length;
    pager.hidden = found.length <= AT_ONCE;
  }

  function write() {
    const fields = [...new FormData(form)].filter(([, value]) => value);
    if (first) fields.push(["from", String(first + 1)]);
    const query = new URLSearchParams(fields).toString();
    history.replaceState(null, "", query ? `#rows?${query}` : "#rows");
  }

  function read() {
    const [anchor, query = ""] = location.hash.slice(1).split("?");
    if (anchor !== "rows") return false;
    const given = new URLSearchParams(query);
    form.reset();
    for (const [name, value] of given) {
      const field = form.elements[name];
      if (field && field.type === "checkbox") field.checked = value === field.value;
      else if (field) field.value = value;
    }
    filter();
    const from = Number.parseInt(given.get("from") || "1", 10) - 1;
    if (from > 0 && from < found.length) first = from - (from % AT_ONCE);
    return true;
  }

  function arrive() {
    if (!read()) return;
    draw();
    if (location.hash.includes("?")) one("#rows").scrollIntoView();
  }

  function turn(pages) {
    first = Math.max(0, first + pages * AT_ONCE);
    draw();
    write();
    one("#filters").scrollIntoView({ block: "nearest" });
  }

  function options(select, values) {
    for (const value of values) {
      const option = make("option", value);
      option.value = value;
      select.append(option);
    }
  }

  async function start() {
    try {
      rows = await unpack();
    } catch (error) {
      one("#browser").before(make("p", "This browser cannot unpack the rows; tables/rows.csv beside this page holds them all.", "warning"));
      return;
    }
    const { id, text, actor, target } = rows.columns;
    rows.texts = text.map((each, row) => [each, actor[row], target[row], id[row]].join("\n").toLowerCase());
    rows.severalTargets = new Set(target).size > 1;
    options(form.recipe, rows.recipes.map((recipe) => recipe.name));
    options(form.gold, rows.labels.slice(0, -1));
    options(form.predicted, rows.labels);
    one("#browser").hidden = false;
    if (!read()) filter();
    draw();
    if (location.hash.startsWith("#rows?")) one("#rows").scrollIntoView();
    const again = () => { filter(); draw(); write(); };
    let waiting;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => { if (event.target !== form.q) again(); });
    form.q.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(again, 150); });
    form.addEventListener("reset", () => setTimeout(again));
    one("#previous").addEventListener("click", () => turn(-1));
    one("#next").addEventListener("click", () => turn(1));
    addEventListener("hashchange", arrive);
    addEventListener("beforeprint", () => { first = 0; draw(PRINTED); });
    addEventListener("afterprint", () => draw());
  }

  function followSections() {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-15% 0px -80% 0px" });
    for (const id of links.keys()) seen.observe(document.getElementById(id));
  }

  function openWhenPrinted() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open]):not(.files)")];
      for (const each of closed) each.open = true;
    });
    addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  }

  followSections();
  openWhenPrinted();
  if (form) start();
})();

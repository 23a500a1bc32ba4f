(() => {
  const one = (selector) => document.querySelector(selector);
  const form = one("#filters"), table = one("#table"), count = one("#count");
  const fields = [...form.elements].filter((field) => field.name);
  const order = sortable(table, write);
  const statements = new Map([...table.tBodies].map((body) => [body.dataset.s, { body, voices: [...body.rows], marks: [] }]));
  for (const mark of document.querySelectorAll("#text mark")) statements.get(mark.dataset.s).marks.push(mark);
  let chosen = null;

  /* A statement is shown if one of its actors has everything that is asked for. */
  function apply() {
    const asked = new FormData(form), stances = new Set(asked.getAll("stance"));
    const { actor = "", role = "", mode = "", unsure = "" } = Object.fromEntries(asked);
    const asks = Boolean(actor || role || mode || unsure || stances.size);
    const fits = ({ dataset }) => (!actor || dataset.actor === actor) && (!role || dataset.role === role)
      && (!stances.size || stances.has(dataset.stance)) && (!unsure || "unsure" in dataset);
    let shown = 0;
    for (const { body, voices, marks } of statements.values()) {
      let seen = !mode || body.dataset.mode === mode;
      const fitting = voices.map(fits);
      seen &&= fitting.includes(true);
      shown += seen;
      body.hidden = !seen;
      voices.forEach((row, at) => row.classList.toggle("other", !fitting[at]));
      for (const mark of marks) mark.classList.toggle("off", !seen);
    }
    count.textContent = `${shown.toLocaleString("en")} of ${statements.size.toLocaleString("en")} statements shown`;
    one("#clear").disabled = !asks;
  }

  function write() {
    const state = [...new FormData(form)].filter(([name, value]) => value || name === "stance");
    if (order.by.key !== "number" || order.by.down) state.push(["sort", (order.by.down ? "-" : "") + order.by.key]);
    if (chosen) state.push(["statement", chosen]);
    const query = new URLSearchParams(state).toString();
    history.replaceState(null, "", query ? `#${query}` : location.pathname + location.search);
  }

  function put(state) {
    for (const field of fields) {
      if (field.type === "checkbox") field.checked = state.getAll(field.name).includes(field.value);
      else field.value = state.get(field.name) ?? "";
      if (field.selectedIndex < 0) field.selectedIndex = 0;
    }
    apply();
  }

  function choose(number, target) {
    if (chosen) for (const each of [statements.get(chosen).body, ...statements.get(chosen).marks]) each.classList.remove("chosen");
    chosen = number;
    const { body, marks } = statements.get(number);
    for (const each of [body, ...marks]) each.classList.add("chosen");
    const link = target === "row" ? body.querySelector("th a") : one(`#s-${number}`);
    if (!link) return;
    link.focus({ preventScroll: true });
    (target === "row" ? body.rows[0] : link).scrollIntoView({ block: target === "row" ? "nearest" : "center" });
  }

  /* Words can still be marked with the mouse: only a plain click leads over. */
  function follow(event, within, target) {
    const found = event.target.closest(within);
    const link = event.target.closest("a");
    if (!found || (link && !link.hash.match(/^#(s|row)-/)) || (!link && !getSelection().isCollapsed)) return;
    event.preventDefault();
    choose(found.dataset.s, target);
    write();
  }

  function arrive() {
    if (!location.hash.includes("=")) return false;
    const state = new URLSearchParams(location.hash.slice(1)), number = state.get("statement");
    const sort = state.get("sort") ?? "number";
    order.sort(sort.replace(/^-/, ""), sort.startsWith("-"));
    put(state);
    if (statements.has(number)) {
      choose(number, "row");
      choose(number, "text");
    }
    return true;
  }

  form.hidden = false;
  if (!arrive()) apply();
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => { apply(); write(); });
  one("#clear").addEventListener("click", () => { put(new URLSearchParams()); write(); form.elements.actor.focus(); });
  one("#text").addEventListener("click", (event) => follow(event, "mark:not(.off)", "row"));
  table.addEventListener("click", (event) => follow(event, "tbody", "text"));
  addEventListener("hashchange", () => { if (arrive()) form.scrollIntoView({ block: "nearest" }); });
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${form.offsetHeight}px`)).observe(form);
})();

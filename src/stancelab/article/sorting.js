"use strict";
/* A button in each heading with a data-key sorts a table's bodies: by a cell's data-v, else by its words. */
function sortable(table, told) {
  const heads = [...table.tHead.rows[0].cells], initial = [...table.tBodies];
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const by = { key: heads.find((head) => head.ariaSort)?.dataset.key, down: false };

  function sort(key, down) {
    const at = heads.findIndex((head) => head.dataset.key === key);
    if (at < 0) return;
    Object.assign(by, { key, down });
    const worth = new Map(initial.map((body) => [body, body.rows[0].cells[at].dataset.v ?? body.rows[0].cells[at].textContent.trim()]));
    const sorted = [...initial].sort((a, b) => (down ? -1 : 1) * compare(worth.get(a), worth.get(b)));
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[at].setAttribute("aria-sort", down ? "descending" : "ascending");
    table.append(...sorted);
  }

  for (const head of heads) {
    if (!head.dataset.key) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sort(head.dataset.key, by.key === head.dataset.key && !by.down);
      told();
    });
  }
  return { by, sort };
}

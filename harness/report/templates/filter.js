// Narrows the table of demands; the page says the same without it.
(() => {
  const rows = [...document.querySelectorAll("tr.row")];
  const outside = document.getElementById("outside");
  const filter = document.getElementById("filter");
  const words = document.createElement("input");
  words.type = "search";
  words.placeholder = "Find a row, a word, a scenario";
  words.setAttribute("aria-label", "Find in the demands");
  const choices = [["", "All"], ["failed error", "Failed"], ["cant-tell untested", "Open"],
    ["passed limitation", "Passed"], ["inapplicable", "Inapplicable"], ["uncovered", "Not covered"]];
  const told = document.createElement("span");
  told.setAttribute("role", "status");
  let chosen = "";
  const show = () => {
    const wanted = words.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = (!chosen || chosen.split(" ").includes(row.dataset.ending))
        && row.textContent.toLowerCase().includes(wanted);
      row.hidden = !fits;
      shown += fits;
    }
    for (const body of document.querySelectorAll(".matrix tbody")) {
      body.hidden = !body.querySelector("tr.row:not([hidden])");
    }
    told.textContent = `${shown} of ${rows.length} rows`;
    if (outside && (chosen || wanted)) outside.open = true;
  };
  filter.append(words);
  for (const [endings, label] of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-pressed", String(endings === chosen));
    button.addEventListener("click", () => {
      chosen = endings;
      for (const other of filter.querySelectorAll("button")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      show();
    });
    filter.append(button);
  }
  words.addEventListener("input", show);
  filter.append(told);
  filter.hidden = false;
  show();
  // A link into something folded opens it.
  const unfold = () => {
    const target = document.getElementById(location.hash.slice(1));
    const fold = target && target.closest("details");
    if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", unfold);
  unfold();
})();

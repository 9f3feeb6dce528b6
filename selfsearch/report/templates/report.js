"use strict";
// Filters, groups, orders and folds the cards that are already in the page. It makes no text into markup, keeps nothing,
// and asks nobody for anything.
(() => {
  const all = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);

  const made = (name, className, text) => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text || "";
    return node;
  };

  // Long lists of details start folded, and unfold for printing.
  const folds = all("details");
  const narrow = window.matchMedia("(max-width: 40rem)").matches;
  const fold = () => folds.forEach((node) => { node.open = "keep" in node.dataset || (Boolean(node.closest("form")) && !narrow); });
  fold();
  let before = [];
  window.addEventListener("beforeprint", () => {
    before = folds.map((node) => node.open);
    folds.forEach((node) => { node.open = true; });
  });
  window.addEventListener("afterprint", () => folds.forEach((node, at) => { node.open = before[at]; }));

  const theme = byId("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    const isDark = now === "dark" || (now === "auto" && dark.matches);
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
  });

  const controls = byId("controls");
  if (!controls) return;
  controls.hidden = false;
  const list = byId("list");
  const told = new Map(all(".group", list).map((group) => [group.id, {
    heading: group.querySelector("h3").firstChild.data,
    meaning: group.querySelector(".meaning").textContent,
  }]));
  const cards = all(".card", list).map((node) => ({
    node,
    band: node.dataset.band,
    rank: Number(node.dataset.rank),
    when: node.dataset.when,
    places: all(".place", node),
    group: node.parentElement.parentElement.id,
    text: null,
  }));
  const selects = all("select[data-filter]", controls);

  const text = (card) => {
    if (card.text === null) card.text = card.node.textContent.toLocaleLowerCase();
    return card.text;
  };

  // A card stays when one of its places has everything that is asked for.
  const fits = (card, wanted, words) => {
    if (wanted.band && card.band !== wanted.band) return false;
    if (!words.every((word) => text(card).includes(word))) return false;
    let some = false;
    for (const place of card.places) {
      const here = Object.keys(wanted).every((key) => key === "band" || place.dataset[key] === wanted[key]);
      place.classList.toggle("off", !here);
      some = some || here;
    }
    return some;
  };

  const filter = () => {
    const wanted = {};
    selects.forEach((select) => { if (select.value) wanted[select.dataset.filter] = select.value; });
    const words = byId("search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card) => {
      card.node.hidden = !fits(card, wanted, words);
      shown += card.node.hidden ? 0 : 1;
    });
    all(".group", list).forEach((group) => {
      const left = all(".card:not([hidden])", group).length;
      group.hidden = !left;
      group.querySelector(".number").textContent = left.toLocaleString("en");
    });
    byId("none").hidden = shown > 0;
    byId("status").textContent = `Showing ${shown.toLocaleString("en")} of ${cards.length.toLocaleString("en")}`;
  };

  const ordered = () => {
    const order = byId("order").value;
    const sign = order === "old" ? 1 : -1;
    const undated = order === "old" ? "9999" : "0000";
    return cards.slice().sort((a, b) => {
      const [left, right] = [a.when || undated, b.when || undated];
      if (order !== "rank" && left !== right) return left < right ? -sign : sign;
      return a.rank - b.rank;
    });
  };

  // The label of a card's group, and the place of that group among the others.
  const labelled = (card, key) => {
    if (!key) return { label: "All", at: 0 };
    const select = selects.find((node) => node.dataset.filter === key);
    const value = key === "band" ? card.band : card.places[0].dataset[key];
    const option = select && Array.from(select.options).find((node) => node.value === value);
    return { label: option ? option.dataset.label : "not given", at: Number(value) };
  };

  const regroup = () => {
    const key = byId("group").value;
    const groups = new Map();
    ordered().forEach((card) => {
      const { label, at } = labelled(card, key);
      if (!groups.has(at)) groups.set(at, { label, cards: [], id: key === "exposure" ? card.group : "" });
      groups.get(at).cards.push(card.node);
    });
    const sections = Array.from(groups.entries()).sort((a, b) => a[0] - b[0]).map(([, group]) => {
      const section = made("section", "group");
      const heading = made("h3", "", group.id ? told.get(group.id).heading : `${group.label} `);
      heading.append(made("span", "number"));
      section.append(heading);
      if (group.id) {
        section.id = group.id;
        section.append(made("p", "meaning", told.get(group.id).meaning));
      }
      const grid = made("div", "grid");
      grid.append(...group.cards);
      section.append(grid);
      return section;
    });
    list.replaceChildren(...sections);
    filter();
  };

  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", () => setTimeout(regroup));
  controls.addEventListener("input", (event) => {
    if (event.target.id === "group" || event.target.id === "order") regroup();
    else filter();
  });
  filter();
})();

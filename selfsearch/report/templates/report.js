"use strict";
// Opens cards, filters, groups and orders what is already in the page. It makes no text into markup, keeps nothing, and
// asks nobody for anything. A page has some of these parts or all.
(() => {
  const all = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const number = (value) => value.toLocaleString("en");

  const made = (name, className, text) => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text || "";
    return node;
  };

  const button = (className, text, act) => {
    const node = made("button", className, text);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  };

  // Light or dark.
  const theme = byId("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => {
    const now = document.documentElement.dataset.theme;
    return now === "dark" || (now === "auto" && dark.matches);
  };
  const sayTheme = () => { theme.textContent = `Theme: ${isDark() ? "dark" : "light"}`; };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    sayTheme();
  });
  dark.addEventListener("change", sayTheme);
  sayTheme();

  // What is folded is printed all the same, but for the cards.
  let before = [];
  const folds = all("details:not(.tile details)");
  window.addEventListener("beforeprint", () => {
    before = folds.map((node) => node.open);
    folds.forEach((node) => { node.open = true; });
  });
  window.addEventListener("afterprint", () => folds.forEach((node, at) => { node.open = before[at]; }));

  // The list: groups of tiles, of which each shows a page at a time.
  const list = byId("list");
  const pages = new WeakMap(); // group -> how many of its tiles are shown
  const PAGE = 60;

  const turn = (group) => {
    const fitting = all(".tile:not([hidden])", group);
    fitting.forEach((tile, at) => tile.classList.toggle("later", at >= pages.get(group)));
    const left = Math.max(0, fitting.length - pages.get(group));
    const more = group.querySelector(".show");
    more.hidden = !left;
    more.textContent = `Show ${Math.min(PAGE, left)} more of ${number(left)}`;
  };

  const unfold = (tile) => {
    for (let node = tile.parentElement; node; node = node.parentElement) if (node.matches("details")) node.open = true;
    const group = tile.closest(".group");
    while (tile.classList.contains("later")) {
      pages.set(group, pages.get(group) + PAGE);
      turn(group);
    }
  };

  // The viewer: one card at a time over the page. It borrows picture and card from the tile, so that nothing is in the
  // page twice.
  const viewer = byId("viewer");
  const stage = byId("stage");
  let current = null;

  const giveBack = () => {
    if (!current) return;
    const [picture, card] = stage.children;
    current.querySelector(".frame").append(picture);
    current.querySelector("details").append(card);
    all(".copy", card).forEach((node) => node.remove());
  };

  const copyButton = (code) => button("copy", "Copy", async (event) => {
    const pressed = event.target;
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
      pressed.textContent = "Copied";
    } catch {
      pressed.textContent = "Selected: copy it";
    }
  });

  const show = (tile) => {
    giveBack();
    current = tile;
    unfold(tile);
    tile.querySelector("details").open = false;
    const card = tile.querySelector(".card");
    all("code", card).forEach((code) => code.after(copyButton(code)));
    stage.replaceChildren(tile.querySelector(".picture"), card);
    stage.scrollTop = 0;
    const title = card.querySelector("h3, h4").textContent;
    viewer.setAttribute("aria-label", title);
    if (!viewer.open) {
      viewer.showModal();
      stage.focus();
    }
    const tiles = all(".tile:not([hidden])");
    const at = `${number(tiles.indexOf(tile) + 1)} of ${number(tiles.length)}`;
    byId("position").replaceChildren(at, made("span", "spoken", `: ${title}`));
  };

  const step = (from, by) => {
    const tiles = all(".tile:not([hidden])");
    return tiles[(tiles.indexOf(from) + by + tiles.length) % tiles.length];
  };

  const follow = () => {
    const target = /^#[a-z]+[0-9]*$/.test(location.hash) && document.querySelector(location.hash);
    if (!target) return;
    if (target.matches("details")) target.open = true;
    if (viewer && target.matches(".tile:not([hidden])")) show(target);
  };

  if (viewer) {
    document.addEventListener("click", (event) => {
      const summary = event.target.closest(".tile summary");
      if (!summary || summary.closest(".card")) return;
      event.preventDefault();
      show(summary.closest(".tile"));
    });
    byId("previous").addEventListener("click", () => show(step(current, -1)));
    byId("next").addEventListener("click", () => show(step(current, 1)));
    const close = () => {
      if (!current) return;
      const summary = current.querySelector("summary");
      giveBack();
      current = null;
      viewer.close();
      summary.focus();
    };
    byId("close").addEventListener("click", close);
    viewer.addEventListener("click", (event) => { if (event.target === viewer) close(); });
    viewer.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    viewer.addEventListener("close", close); // by the browser itself
    window.addEventListener("beforeprint", close);
    document.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const tile = current || event.target.closest(".tile");
      if (!tile) return;
      event.preventDefault();
      if (current) {
        show(step(tile, by));
      } else {
        const beside = step(tile, by);
        unfold(beside);
        beside.querySelector("summary").focus();
      }
    });
  }

  // Filters.
  const controls = byId("controls");
  if (controls) {
    controls.hidden = false;
    const told = new Map(all(".group", list).map((group) => [group.id, {
      heading: group.querySelector("h3").firstChild.data,
      meaning: group.querySelector(".meaning").textContent,
      found: Number(group.dataset.found),
    }]));
    const sections = Array.from(told.keys());
    const cards = all(".tile", list).map((node) => ({
      node,
      band: node.dataset.band,
      rank: Number(node.dataset.rank),
      when: node.dataset.when,
      places: all(".place", node),
      group: node.closest(".group").id,
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

    const count = () => {
      const fitting = all(".tile:not([hidden])", list).length;
      const later = all(".later:not([hidden])", list).length;
      byId("none").hidden = fitting > 0;
      byId("status").textContent = `${number(fitting - later)} of ${number(cards.length)} shown`
        + (later ? `, ${number(later)} more below them` : "");
    };

    const filter = () => {
      const wanted = {};
      selects.forEach((select) => { if (select.value) wanted[select.dataset.filter] = select.value; });
      const words = byId("search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      cards.forEach((card) => { card.node.hidden = !fits(card, wanted, words); });
      all(".group", list).forEach((group) => {
        const members = told.has(group.id) ? told.get(group.id).found : all(".tile", group).length;
        const left = all(".tile:not([hidden])", group).length;
        group.hidden = !left;
        group.querySelector(".number").textContent = left < members ? `${number(left)} of ${number(members)}` : number(left);
        pages.set(group, PAGE);
        turn(group);
      });
      count();
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
      if (!key) return { id: card.group, label: told.get(card.group).heading, at: sections.indexOf(card.group) };
      const select = selects.find((node) => node.dataset.filter === key);
      const value = key === "band" ? card.band : card.places[0].dataset[key];
      const option = select && Array.from(select.options).find((node) => node.value === value);
      return { id: "", label: `${option ? option.dataset.label : "not given"} `, at: Number(value) };
    };

    const regroup = () => {
      const key = byId("group").value;
      const groups = new Map();
      ordered().forEach((card) => {
        const { id, label, at } = labelled(card, key);
        if (!groups.has(at)) groups.set(at, { id, label, cards: [] });
        groups.get(at).cards.push(card.node);
      });
      list.replaceChildren(...Array.from(groups.entries()).sort((a, b) => a[0] - b[0]).map(([, group]) => {
        const section = made("section", "group");
        const heading = made("h3", "", group.label);
        heading.append(made("span", "number"));
        section.append(heading);
        if (group.id) {
          section.id = group.id;
          section.append(made("p", "meaning", told.get(group.id).meaning));
        }
        const grid = made("ul", "grid");
        grid.append(...group.cards);
        section.append(grid, button("show", "", () => {
          const first = grid.querySelector(".later");
          pages.set(section, pages.get(section) + PAGE);
          turn(section);
          count();
          first.querySelector("summary").focus();
        }));
        return section;
      }));
      filter();
    };

    controls.addEventListener("submit", (event) => event.preventDefault());
    controls.addEventListener("reset", () => setTimeout(regroup));
    controls.addEventListener("input", (event) => {
      if (event.target.id === "group" || event.target.id === "order") regroup();
      else filter();
    });
    regroup();
  }

  window.addEventListener("hashchange", follow);
  follow();
})();

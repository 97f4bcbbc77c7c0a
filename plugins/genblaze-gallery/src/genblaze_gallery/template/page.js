"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const cards = Array.from(document.querySelectorAll(".card"));
  const opener = (card) => card.querySelector(".open");
  const viewer = byId("viewer");
  let shown = cards;
  let current = null;

  // One card of the grid is reached with Tab, the others from there with the arrow keys.
  const rove = (card) => {
    cards.forEach((each) => { opener(each).tabIndex = each === card ? 0 : -1; });
  };

  const pressed = (name) => Array.from(
    document.querySelectorAll(`.chips button[data-${name}][aria-pressed="true"]`), (chip) => chip.dataset[name]);

  const filter = () => {
    const words = byId("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = pressed("kind");
    const verdicts = pressed("verdict");
    shown = cards.filter((card) => {
      const { kind, verdict, text } = card.dataset;
      const fits = (chosen, value) => chosen.length === 0 || chosen.includes(value);
      const visible = fits(kinds, kind) && fits(verdicts, verdict) && words.every((word) => text.includes(word));
      card.hidden = !visible;
      return visible;
    });
    const all = shown.length === cards.length;
    byId("count").textContent = all ? "" : `${shown.length} of ${cards.length}`;
    byId("nothing").hidden = shown.length > 0 || cards.length === 0;
    rove(shown[0]);
  };

  const reset = () => {
    byId("query").value = "";
    document.querySelectorAll(".chips button").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    filter();
  };

  const go = (card) => {
    rove(card);
    opener(card).focus();
    card.scrollIntoView({ block: "nearest" });
  };

  const columns = () => getComputedStyle(byId("grid")).gridTemplateColumns.split(" ").length;

  const moves = {
    ArrowRight: (at) => at + 1,
    ArrowLeft: (at) => at - 1,
    ArrowDown: (at) => at + columns(),
    ArrowUp: (at) => at - columns(),
    Home: () => 0,
    End: () => shown.length - 1,
  };

  const enlarged = (card) => {
    const picture = card.querySelector(".frame img");
    if (!picture) {
      return Array.from(card.querySelector(".frame").children, (each) => each.cloneNode(true));
    }
    const large = picture.cloneNode();
    const file = card.querySelector("template").content.querySelector(".file");
    large.loading = "eager";
    if (file) {
      large.addEventListener("error", () => { large.src = picture.src; }, { once: true });
      large.src = file.href;
    }
    return [large];
  };

  const open = (card) => {
    current = card;
    byId("viewer-title").textContent = opener(card).textContent;
    byId("stage").replaceChildren(...enlarged(card));
    byId("about").replaceChildren(card.querySelector("template").content.cloneNode(true));
    if (!viewer.open) {
      viewer.showModal();
    }
  };

  const step = (by) => {
    const card = shown[shown.indexOf(current) + by];
    if (card) {
      open(card);
    }
  };

  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("query").addEventListener("input", filter);
  byId("reset").addEventListener("click", () => { reset(); byId("query").focus(); });
  document.querySelectorAll(".chips button").forEach((chip) => chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  }));

  byId("grid").addEventListener("click", (event) => {
    const button = event.target.closest(".open");
    if (button) {
      rove(button.closest(".card"));
      open(button.closest(".card"));
    }
  });
  byId("grid").addEventListener("keydown", (event) => {
    const card = event.target.closest(".card");
    if (!card || !event.target.matches(".open") || !(event.key in moves)) {
      return;
    }
    event.preventDefault();
    const target = shown[moves[event.key](shown.indexOf(card))];
    if (target) {
      go(target);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !viewer.open && !event.target.matches("input")) {
      event.preventDefault();
      byId("query").focus();
    }
  });
  document.querySelectorAll(".lineage a[href]").forEach((link) => link.addEventListener("click", (event) => {
    const card = byId(link.getAttribute("href").slice(1));
    event.preventDefault();
    if (card.hidden) {
      reset();
    }
    go(card);
  }));

  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("keydown", (event) => {
    if (!event.target.matches("video, audio") && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      step(event.key === "ArrowRight" ? 1 : -1);
    }
  });
  viewer.addEventListener("close", () => {
    byId("stage").replaceChildren();
    go(current);
  });

  // Players ask for their metadata when they come near, not a thousand at once.
  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) {
      entry.target.preload = "metadata";
      near.unobserve(entry.target);
    }
  }), { rootMargin: "400px" });
  document.querySelectorAll(".frame video, .frame audio").forEach((player) => near.observe(player));

  if (cards.length > 0) {
    rove(cards[0]);
  }
})();

"use strict";
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words, count = data.names.length;
  const el = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const node = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const model = {};
  for (const [name, { root, doc }] of Object.entries(data.plots)) {
    await Bokeh.embed.embed_items({ [name]: doc }, [{ docid: name, root_ids: [root], roots: { [root]: name } }]);
  }
  for (const doc of Bokeh.documents) {
    for (const name of ["map", "regions", "tip", "series", "lines", "now"]) model[name] ??= doc.get_model_by_name(name);
  }

  let layer, period, chosen = [], timer = null;

  // numbers and words

  const number = (value, digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value).replace("-", "\u2212");
  const heading = () => (layer.unit ? fill(words.with_unit, layer) : layer.label);
  const class_of = (i) => layer.classes[layer.codes[period][i]];
  const ranks = () => {
    const values = layer.values[period];
    const sorted = values.filter((v) => v !== null).sort((a, b) => b - a);
    const first = new Map();
    sorted.forEach((v, place) => { if (!first.has(v)) first.set(v, place + 1); });
    return { of: sorted.length, rank: values.map((v) => (v === null ? null : first.get(v))) };
  };
  const row_of = (i, ranked) => {
    const value = layer.values[period][i], cls = class_of(i);
    if (!cls) return { value: words.no_data, rank: "" };
    if (!layer.p) return { value: number(value, layer.decimals) + (layer.unit ? ` ${layer.unit}` : ""),
      rank: fill(words.rank_of, { rank: ranked.rank[i], n: ranked.of }) };
    const p = layer.p[period][i];
    return { value: cls.label, rank: p === null ? "" : fill(words.p, { p: p < 0.001 ? "< 0.001" : p.toFixed(3) }).replace("= <", "<") };
  };

  const place = (row) => (row.rank && !layer.p ? `${words.rank} ${row.rank}` : row.rank);

  // what changes with the variable, with the year, with the choice of regions

  function show_layer() {
    layer = data.layers[el("variable").value || 0];
    el("legend").replaceChildren(...layer.classes.filter(({ rare }, at) => !rare || layer.codes.flat().includes(at)).map(entry), ...(layer.codes.flat().includes(-1) ? [entry(missing)] : []),
      node("li", layer.note || (data.times.length > 1 ? words.scale : ""), "note"));
    el("source").textContent = layer.source ? fill(words.source, layer) : "";
    if (model.lines) {
      el("series-heading").textContent = layer.p ? layer.label + words.separator + words.statistic : heading();
      el("series").setAttribute("aria-label", fill(words.series_of, { heading: heading() }));
      model.lines.data = { ...model.lines.data, ys: data.names.map((_, i) => layer.values.map((row) => row[i] ?? NaN)) };
    }
    show_period();
  }

  const missing = { label: words.no_data, color: "#ffffff", hatch: "right_diagonal_line" };
  function entry(swatch) {
    const li = node("li"), box = node("i", undefined, swatch.hatch);
    box.style.backgroundColor = swatch.color;
    li.append(box, node("span", swatch.label));
    return li;
  }

  function show_period() {
    period = Number(el("time").value);
    const year = data.times[period], ranked = ranks();
    const rows = data.names.map((_, i) => row_of(i, ranked));
    const looks = data.names.map((_, i) => class_of(i) ?? missing);
    model.regions.data = { ...model.regions.data, fill: looks.map((l) => l.color), hatch: looks.map((l) => l.hatch || " "),
      value: rows.map((r) => r.value), rank: rows.map((r) => r.rank) };
    el("year").textContent = year;
    el("time").setAttribute("aria-valuetext", year);
    el("heading").textContent = year ? fill(words.in_year, { heading: heading(), year }) : heading();
    el("map").setAttribute("aria-label", fill(words.map_of, { heading: el("heading").textContent }));
    if (model.now) model.now.location = data.positions[period];
    show_choice(rows);
    if (el("table").open) show_table(rows, ranked);
  }

  function show_choice(rows) {
    const ranked = rows ? null : ranks();
    const row = (i) => (rows ? rows[i] : row_of(i, ranked));
    const year = data.times[period];
    const lines = chosen.map((i) => {
      const p = node("p");
      p.append(node("span", data.names[i], "where"), words.separator, [row(i).value, place(row(i)), year].filter(Boolean).join(" \u00b7 "));
      return p;
    });
    el("readout").replaceChildren(...(lines.length ? lines : [node("p", model.lines ? words.hint : words.hint_one, "hint")]));
    el("region").value = chosen.length === 1 ? chosen[0] : "";
    const one = chosen.length === 1 ? chosen[0] : null;
    if (one === null) { model.tip.visible = false; return; }
    const [x, y] = data.anchors[one], left = x < data.middle[0], low = y < data.middle[1];
    Object.assign(model.tip, { x, y, text_align: left ? "left" : "right", text_baseline: low ? "bottom" : "top",
      x_offset: left ? 8 : -8, y_offset: low ? 8 : -8, visible: true,
      text: [data.names[one], row(one).value, [place(row(one)), year].filter(Boolean).join(" \u00b7 ")].filter(Boolean).join("\n") });
  }

  function show_table(rows, ranked) {
    rows ??= data.names.map((_, i) => row_of(i, ranks()));
    const values = layer.values[period];
    const order = data.names.map((_, i) => i).sort((a, b) => (values[b] ?? -Infinity) - (values[a] ?? -Infinity));
    const head = node("tr");
    head.append(node("th", words.region), node("th", layer.p ? words.cluster : words.value, "number"), node("th", layer.p ? "p" : words.rank, "number"));
    document.querySelector("#table thead").replaceChildren(head);
    document.querySelector("#table tbody").replaceChildren(...order.map((i) => {
      const tr = node("tr", undefined, chosen.includes(i) ? "chosen" : "");
      tr.append(node("td", data.names[i]), node("td", rows[i].value, "number"), node("td", rows[i].rank || "\u2013", "number"));
      return tr;
    }));
  }

  function choose(indices) {
    if (indices.length === chosen.length && indices.every((i, place) => i === chosen[place])) return;
    chosen = [...indices];
    for (const source of [model.regions, model.lines]) if (source) source.selected.indices = chosen;
    show_choice();
    if (el("table").open) show_table();
  }

  // the toolbar takes room from the frame: whatever its shape, a kilometre is as long up as across

  function frame() {
    const { inner_width, inner_height, x_range, y_range } = model.map;
    if (!inner_width || !inner_height) return;
    const [x, y] = data.middle;
    const unit = Math.max((2 * x) / inner_width, (2 * y) / inner_height);
    for (const [range, centre, pixels] of [[x_range, x, inner_width], [y_range, y, inner_height]]) {
      const start = centre - (unit * pixels) / 2, end = centre + (unit * pixels) / 2;
      range.setv({ start, end, reset_start: start, reset_end: end });
    }
  }
  for (const side of ["inner_width", "inner_height"]) model.map.properties[side].change.connect(frame);
  frame();

  // controls

  function stop() {
    clearInterval(timer);
    timer = null;
    el("play").textContent = words.play;
  }
  el("play").addEventListener("click", () => {
    if (timer !== null) return stop();
    const step = () => {
      const at = Number(el("time").value);
      el("time").value = at >= data.times.length - 1 ? 0 : at + 1;
      show_period();
    };
    el("play").textContent = words.pause;
    step();
    timer = setInterval(step, 900);
  });
  el("time").addEventListener("input", () => { stop(); show_period(); });
  el("variable").addEventListener("change", show_layer);
  el("region").addEventListener("change", () => choose(el("region").value === "" ? [] : [Number(el("region").value)]));
  el("controls").addEventListener("submit", (event) => event.preventDefault());
  el("table").addEventListener("toggle", () => { if (el("table").open) show_table(); });
  for (const source of [model.regions, model.lines]) {
    if (source) source.selected.properties.indices.change.connect(() => choose(source.selected.indices));
  }
  show_layer();
  document.documentElement.dataset.ready = count;
})();

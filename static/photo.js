// Drawing on a photo: the known length, strokes that keep or remove, points that can be moved.
(() => {
  const holder = document.querySelector("[data-photo]");
  const svg = holder?.querySelector("svg");
  if (!svg) return;
  const NS = "http://www.w3.org/2000/svg";
  const state = JSON.parse(document.getElementById("photo-state").textContent);
  const drawn = svg.querySelector("[data-drawn]");
  const dots = svg.querySelector("[data-points]");
  const form = (name) => document.querySelector(`form[data-${name}]`);
  const strokes = { keep: [...(state.strokes.keep ?? [])], remove: [...(state.strokes.remove ?? [])] };
  const order = [];
  const moved = {};
  const size = Math.max(state.width, state.height);
  let stroke = null;

  const tool = () => document.querySelector("input[name=tool]:checked").value;
  const make = (name, attributes) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 10) / 10;
    return [within(point.x, state.width), within(point.y, state.height)];
  };
  const path = (points) => `M${points.map((point) => point.join(" ")).join("L")}`;

  const line = () => {
    const values = ["x1", "y1", "x2", "y2"].map((name) => Number.parseFloat(form("scale").elements[name].value));
    return values.some(Number.isNaN) ? null : [values.slice(0, 2), values.slice(2)];
  };
  const paint = () => {
    drawn.replaceChildren();
    for (const kind of ["keep", "remove"]) {
      for (const points of strokes[kind]) {
        drawn.append(make("path", { d: path(points.length > 1 ? points : [points[0], points[0]]), class: `stroke ${kind}` }));
      }
    }
    const known = line();
    if (known) drawn.append(make("path", { d: path(known), class: "known" }));
    form("strokes").querySelector(".btn").disabled = !strokes.keep.length && !strokes.remove.length;
    form("strokes").querySelector("[data-undo]").disabled = !order.length;
    form("landmarks").querySelector(".btn").disabled = !Object.keys(moved).length;
  };
  for (const [name, [x, y, sure]] of Object.entries(state.landmarks)) {
    dots.append(make("circle", { cx: x, cy: y, r: size / 90, class: sure ? "point" : "point unsure", "data-name": name }));
  }

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const start = at(event);
    const kind = tool();
    if (kind === "points") {
      const near = [...dots.children].sort((a, b) => far(a, start) - far(b, start))[0];
      if (!near) return;
      stroke = { kind, dot: near };
    } else {
      stroke = { kind, points: [start] };
    }
    svg.setPointerCapture(event.pointerId);
  });
  const far = (dot, [x, y]) => Math.hypot(dot.getAttribute("cx") - x, dot.getAttribute("cy") - y);

  svg.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const here = at(event);
    if (stroke.kind === "points") {
      stroke.dot.setAttribute("cx", here[0]);
      stroke.dot.setAttribute("cy", here[1]);
      return;
    }
    const last = stroke.points.at(-1);
    if (Math.hypot(here[0] - last[0], here[1] - last[1]) < size / 400) return;
    if (stroke.kind === "scale") {
      stroke.points[1] = here;
      write(stroke.points);
    } else {
      stroke.points.push(here);
    }
    preview();
  });
  const preview = () => {
    paint();
    if (stroke && stroke.kind !== "scale") drawn.append(make("path", { d: path(stroke.points), class: `stroke ${stroke.kind}` }));
  };
  const write = ([from, to]) => {
    const fields = form("scale").elements;
    [fields.x1.value, fields.y1.value] = from;
    [fields.x2.value, fields.y2.value] = to;
  };

  svg.addEventListener("pointerup", (event) => {
    if (!stroke) return;
    if (stroke.kind === "points") {
      moved[stroke.dot.dataset.name] = at(event);
    } else if (stroke.kind === "scale") {
      if (stroke.points.length === 2) document.getElementById("length").focus();
    } else {
      strokes[stroke.kind].push(stroke.points);
      order.push(stroke.kind);
    }
    stroke = null;
    paint();
  });
  svg.addEventListener("pointercancel", () => { stroke = null; paint(); });

  document.querySelector("[data-undo]").addEventListener("click", () => {
    const kind = order.pop();
    if (kind) strokes[kind].pop();
    paint();
  });
  form("scale").addEventListener("input", paint);
  form("strokes").addEventListener("submit", () => { form("strokes").elements.drawn.value = JSON.stringify(strokes); });
  form("landmarks").addEventListener("submit", () => { form("landmarks").elements.drawn.value = JSON.stringify(moved); });
  paint();
})();

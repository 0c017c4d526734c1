# What there is, from the daemon's file: "environment NAME OWN QUEUES PROPERTIES CARRIES SLOTS MIB NODES" (OWN: a property
# that only its nodes have; SLOTS and MIB of its largest node, at most NODES; "-", 0: none) and "static SLOTS PROPERTIES",
# a node that is not Domus's. And how a node request compares with it.

function among(word, list) { return index("," list ",", "," word ",") > 0 }
function mib(text,    unit) {
  unit = tolower(text); sub(/[bw]$/, "", unit); sub(/^[0-9.]*/, "", unit)
  return text * (tolower(text) ~ /w$/ ? 8 : 1) * (unit == "t" ? 1048576 : unit == "g" ? 1024 : unit == "m" ? 1 : unit == "k" ? 1 / 1024 : 1 / 1048576)
}
function read(    line, f, i, p) {
  while ((getline line < environments) > 0) {
    if (split(line, f, " ") == 9 && f[1] == "environment") {
      names[++all] = f[2]; own[f[2]] = f[3]; queues[f[2]] = f[4]; serves[f[2]] = f[5]; known = known "," f[5] "," f[6]
      slots[f[2]] = f[7]; most[f[2]] = f[8]; nodes[f[2]] = f[9]; list = list (list == "" ? "" : ", ") f[2]
      split(f[5], p, ","); for (i in p) leads[p[i]] = 1
    } else if (f[1] == "static") { width[++statics] = f[2]; has[statics] = f[3]; known = known "," f[3] }
  }
}

# A node request in chunks: times[c] nodes of ppn[c] slots with words[c].
function chunk(spec,    parts, w, n, c, i) {
  sub(/#.*/, "", spec)
  chunks = split(spec, parts, "+")
  for (c = 1; c <= chunks; c++) {
    n = split(parts[c], w, ":"); times[c] = 1; ppn[c] = 1
    for (i = 1; i <= n; i++) {
      if (i == 1 && w[i] ~ /^[0-9]+$/) times[c] = w[i] + 0
      else if (w[i] ~ /^ppn=/) ppn[c] = substr(w[i], 5) + 0
      else if (w[i] ~ /=/) rest[c] = rest[c] ":" w[i]
      else if (i == 1 && !among(w[i], known)) host = 1
      else { words[c] = words[c] "," w[i]; if (!among(w[i], known)) unknown = w[i] }
    }
    total += times[c]; all_slots += times[c] * ppn[c]
  }
}
function names_one(e, c,    w, i, n) {
  n = split(words[c], w, ",")
  for (i = 1; i <= n; i++) if (w[i] != "" && among(w[i], serves[e])) return 1
  return 0
}
# The request with the environment's own property in each chunk, and none that leads elsewhere.
function mended(e,    text, c, w, i, n) {
  for (c = 1; c <= chunks; c++) {
    text = text (c > 1 ? "+" : "") times[c] (ppn[c] > 1 ? ":ppn=" ppn[c] : "")
    n = split(words[c], w, ",")
    for (i = 1; i <= n; i++) if (w[i] != "" && !(w[i] in leads)) text = text ":" w[i]
    text = text rest[c] ":" own[e]
  }
  return text
}
# Why the environment's largest node, or all its nodes, are not enough; "" where they are.
function short(e,    c, per) {
  for (c = 1; c <= chunks; c++) if (ppn[c] > slots[e] + 0 || ppn[c] * each > most[e] + 0)
    return "its largest node has " slots[e] " slots and " most[e] " MiB, the job asks for " ppn[c] " slots" (each ? " of " int(each) " MiB" : "") " on one node"
  per = each && most[e] / each < slots[e] ? int(most[e] / each) : slots[e]
  c = procs ? int((procs + per - 1) / per) : total
  return nodes[e] + 0 && c > nodes[e] ? "it has at most " nodes[e] " nodes, the job asks for " c : ""
}
# Whether nodes that are not Domus's carry the request, and the property `more` where it is not "".
function on_static(more,    c, s, w, i, n, fine) {
  for (c = 1; c <= chunks; c++) {
    n = split(words[c] "," more, w, ",")
    for (fine = s = 0; !fine && s < statics;) { fine = width[++s] >= ppn[c]; for (i = 1; i <= n; i++) if (w[i] != "" && !among(w[i], has[s])) fine = 0 }
    if (!fine) return 0
  }
  return 1
}

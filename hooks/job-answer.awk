# The answer: nothing (the job passes), "add DIRECTIVE", or "refuse SENTENCE". The order of the questions is the rule.
function refuse(why) { print "refuse " why; exit }
function swapped(text, old, new,    at) {
  at = index(text, old)
  return at ? substr(text, 1, at - 1) new substr(text, at + length(old)) : text
}
# The line to type: the directive, or the whole command, with `asked` as what it was.
function typed(asked, was, place,    text, i, word) {
  if (place == "script") return "write " swapped(raw[substr(was, 1, index(was, "=") - 1)], was, asked)
  text = was == "" ? "type qsub -l " asked : "type qsub"
  if (cut) return text " ..."
  for (i = 1; i <= given; i++) {
    word = was == "" ? argument[i] : swapped(argument[i], was, asked)
    if (word !~ /^[A-Za-z0-9_@%+=:,.\/-]+$/) { gsub(/'/, "'\\''", word); word = "'" word "'" }
    text = text " " word
  }
  return text
}

END {
  read()
  if (!all) exit
  if (wish != "" && !(wish in own)) refuse("there is no environment " wish "; there are: " list)

  procs = value["procs"] + 0
  chunk(value["nodes"] != "" ? value["nodes"] : procs ? "1" : "1:ppn=" (value["ncpus"] > 1 ? value["ncpus"] + 0 : 1))
  if (host || value["L"] value["host"] value["neednodes"] value["size"] value["mppwidth"] != "") exit
  if (unknown != "") refuse("no node has the property " unknown)
  if (value["nodes"] != "") procs = 0
  each = mib(value["mem"]) / (procs ? procs : all_slots)
  if (mib(value["pmem"]) > each) each = mib(value["pmem"])
  if (mib(value["pvmem"]) > each) each = mib(value["pvmem"])

  # Which environments it may mean: as #DOMUS says, by a property, by its queue.
  for (i = 1; i <= all; i++) {
    e = names[i]
    named = 0
    for (c = 1; c <= chunks; c++) if (names_one(e, c)) named = 1
    if (named) meant["property", ++found["property"]] = e
    if (queue != "" && among(queue, queues[e])) meant["queue", ++found["queue"]] = e
  }
  if (wish != "") meant["wish", ++found["wish"]] = wish
  by = found["wish"] ? "wish" : found["property"] ? "property" : "queue"
  if (!found[by]) exit
  for (i = 1; i <= found[by]; i++) {
    shortage = short(meant[by, i])
    if (shortage == "") break
    why = why (why == "" ? "" : "; ") "environment " meant[by, i] ": " shortage
  }
  sole = found[by] == 1 && by != "property" && own[meant[by, 1]] != "-" ? own[meant[by, 1]] : ""
  if (shortage != "" && !on_static(sole)) refuse("nobody can ever serve this job. " why)

  if (found[by] > 1) exit # the daemon decides between them
  e = meant[by, 1]
  if (own[e] == "-") {
    if (wish == "" || queues[e] == "-" || among(queue, queues[e])) exit
    sub(/,.*/, "", queues[e])
    refuse("environment " e " is reached by its queue: type qsub -q " queues[e])
  }
  for (c = 1; c <= chunks; c++) if (!names_one(e, c)) lacking = 1
  if (!lacking) exit
  reason = "nodes of environment " e " are asked for by the property " own[e] ": "
  if (value["nodes"] != "") refuse(reason typed("nodes=" mended(e), "nodes=" value["nodes"], from["nodes"]))
  per = each && most[e] / each < slots[e] ? int(most[e] / each) : slots[e] + 0
  if (procs) {
    spec = procs <= per ? "1:ppn=" procs : int((procs + per - 1) / per) ":ppn=" per
    refuse(reason typed("nodes=" spec ":" own[e], "procs=" value["procs"], from["procs"]))
  }
  if (value["ncpus"] != "") refuse(reason typed("nodes=" mended(e), "ncpus=" value["ncpus"], from["ncpus"]))
  if (interactive) prefix = "#PBS"
  if (prefix == "" || cut) refuse(reason typed("nodes=1:" own[e], "", "argv"))
  print "add " prefix " -l nodes=1:" own[e]
}

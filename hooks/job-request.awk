# What a job asks for, from qsub's argv (it wins) and from the script's directives before the first command.
# Gives: value[resource], from[resource] (argv, script), raw[resource] (its directive line), queue, wish (#DOMUS env=),
# prefix (of directives, qsub -C). ARGV: 1 the daemon's file, 2... qsub's arguments.

function resources(list, place, line,    count, i, name, pieces) {
  count = split(list, pieces, ",")
  for (i = 1; i <= count; i++) {
    if (!match(pieces[i], /^[a-z]+=/)) continue
    name = substr(pieces[i], 1, RLENGTH - 1)
    if (place == "script" && from[name] == "argv") continue
    value[name] = substr(pieces[i], RLENGTH + 1)
    from[name] = place
    raw[name] = line
  }
}

# Words as getopt reads them: flags in one word, a value attached or in the next word, operands anywhere.
function options(words, count, place, line,    i, j, letter, text) {
  for (i = 1; i <= count; i++) {
    if (words[i] == "--") return
    if (words[i] !~ /^-./) continue
    for (j = 2; j <= length(words[i]); j++) {
      letter = substr(words[i], j, 1)
      if (letter == "I") interactive = 1
      if (index("EfhInVxXz", letter)) continue
      text = substr(words[i], j + 1)
      if (text == "") text = words[++i]
      if (i > count) { cut = 1; return } # TORQUE 4.2 hands "-C #X" over unquoted: all from the # on is lost
      if (letter == "l") resources(text, place, line)
      if (letter == "L") value["L"] = text
      if (letter == "C" && place == "argv") prefix = text
      if (letter == "q" && (place == "argv" || queueFrom != "argv")) {
        queueFrom = place
        queue = text
        sub(/@.*/, "", queue)
      }
      break
    }
  }
}

BEGIN {
  prefix = ENVIRON["PBS_DPREFIX"] == "" ? "#PBS" : ENVIRON["PBS_DPREFIX"]
  given = ARGC - 2
  for (i = 1; i <= given; i++) argument[i] = ARGV[i + 1]
  environments = ARGV[1]
  ARGC = 1 # the script comes on standard input
  options(argument, given, "argv", "")
}

{ sub(/\r$/, "") }
started { next }
joined != "" { $0 = joined $0; joined = "" }
{ text = $0; sub(/^[ \t]+/, "", text) }
prefix != "" && index(text, prefix) == 1 && sub(/\\$/, "") { joined = $0; next }
prefix != "" && index(text, prefix) == 1 {
  directive = text
  text = substr(text, length(prefix) + 1)
  gsub(/["']/, "", text)
  options(script, split(text, script, " "), "script", directive)
  next
}
match(text, /^#DOMUS[ \t]+env=[A-Za-z0-9._-]+[ \t]*$/) { wish = text; sub(/^.*env=/, "", wish); sub(/[ \t]+$/, "", wish); next }
text != "" && text !~ /^[#:]/ { started = 1 }

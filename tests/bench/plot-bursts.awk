# Every run of bootstrap and of the bursts as a dot, with the medians. Input: lines "bootstrap|main|add|rest|more|delete MICROSECONDS".

BEGIN {
    strips = split("bootstrap more rest add main delete", kinds)
    labels["bootstrap"] = "srcroute bootstrap, the whole process"
    labels["main"] = "5,000 routes into main alone"
    labels["more"] = "srcroute watch, less main alone"
    labels["rest"] = "srcroute watch, after main has all"
    labels["add"] = "srcroute watch, 5,000 routes added"
    labels["delete"] = "srcroute watch, 5,000 routes deleted"
    colours["bootstrap"] = colours["main"] = "#7a7a7a"; colours["more"] = colours["rest"] = "#0b63a5"; colours["add"] = colours["delete"] = "#7fb8e0"
}
$1 in labels {
    # Kept sorted.
    for (i = ++counts[$1]; i > 1 && times[$1, i - 1] > $2 + 0; i--) times[$1, i] = times[$1, i - 1]
    times[$1, i] = $2 + 0
    if ($2 + 0 > most) most = $2 + 0
}

function x(us) { return left + us / most * (right - left) }

function axis(    step, us) {
    step = 10 ^ int(log10(most / 3))
    if (most / step > 20) step *= 5
    else if (most / step > 8) step *= 2
    for (us = 0; us <= most; us += step) {
        line(x(us), top, x(us), bottom, "stroke=\"#ddd\"")
        text(x(us), bottom + 18, us / 1000, "text-anchor=\"middle\"")
    }
    text((left + right) / 2, bottom + 40, "milliseconds", "text-anchor=\"middle\"")
}

function strip(kind, y,    i) {
    text(left - 14, y + 4, labels[kind], "text-anchor=\"end\"")
    for (i = 1; i <= counts[kind]; i++)
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" fill-opacity=\"0.55\"/>\n", x(times[kind, i]), y, colours[kind]
    line(x(medians[kind]), y - 14, x(medians[kind]), y + 14, "stroke-width=\"2.5\" stroke=\"" colours[kind] "\"")
    text(x(medians[kind]), y - 20, "median " milliseconds(medians[kind]), "text-anchor=\"middle\" stroke=\"white\" stroke-width=\"4\" paint-order=\"stroke\"")
}

END {
    left = 250; right = 780; top = 65; bottom = 465
    for (k = 1; k <= strips; k++) medians[kinds[k]] = percentile(times, kinds[k], counts[kinds[k]], 50)
    limit = 2 * medians["bootstrap"]
    if (limit > most) most = limit
    most *= 1.1
    open_svg(800, 525, "5,000 routes at once, into 8 source tables", sprintf("%d runs of each, by turns. Adding takes, in times of bootstrap: %.2f in all, %.2f less main alone, %.2f after main has the last one.", counts["add"], medians["add"] / medians["bootstrap"], medians["more"] / medians["bootstrap"], medians["rest"] / medians["bootstrap"]))
    axis()
    line(x(limit), top, x(limit), bottom, "stroke=\"#b00020\" stroke-dasharray=\"5 4\"")
    for (k = 1; k <= strips; k++) strip(kinds[k], top + 45 + 65 * (k - 1))
    text(x(limit) + (limit < most / 2 ? 6 : -6), bottom - 8, "target: below 2 x bootstrap", "fill=\"#b00020\" stroke=\"white\" stroke-width=\"4\" paint-order=\"stroke\" text-anchor=\"" (limit < most / 2 ? "start" : "end") "\"")
    close_svg()
}

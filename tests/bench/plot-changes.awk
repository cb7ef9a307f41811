# Cumulative distribution of the times until a change was in all source tables. Input: sorted microseconds, a file for each curve, and before
# each file its label and colour.

FNR == 1 { series++; labels[series] = label; colours[series] = colour }
{
    times[series, FNR] = $1
    counts[series] = FNR
    if (!least || $1 < least) least = $1
    if ($1 > most) most = $1
}

# What is left of the axis lies on its end.
function x(us) { return left + (us > 10 ^ from ? log10(us) - from : 0) / (to - from) * (right - left) }
function y(percent) { return bottom - percent / 100 * (bottom - top) }

function axes(    decade, digit, percent) {
    for (decade = from; decade <= to; decade++) {
        line(x(10 ^ decade), top, x(10 ^ decade), bottom, "stroke=\"#ccc\"")
        text(x(10 ^ decade), bottom + 18, 10 ^ (decade - 3), "text-anchor=\"middle\"")
        for (digit = 2; digit < 10 && decade < to; digit++)
            line(x(digit * 10 ^ decade), top, x(digit * 10 ^ decade), bottom, "stroke=\"#eee\"")
    }
    for (percent = 0; percent <= 100; percent += 25) {
        line(left, y(percent), right, y(percent), "stroke=\"#ccc\"")
        text(left - 8, y(percent) + 4, percent " %", "text-anchor=\"end\"")
    }
    text((left + right) / 2, bottom + 40, "milliseconds from the change in main to the copy in the last of 8 tables (logarithmic)", "text-anchor=\"middle\"")
    text(0, 0, "share of the changes", "text-anchor=\"middle\" transform=\"translate(20 " (top + bottom) / 2 ") rotate(-90)\"")
}

function target_lines(us, percent) {
    line(x(us), y(percent), x(us), bottom, "stroke=\"#b00020\" stroke-dasharray=\"5 4\"")
    line(left, y(percent), x(us), y(percent), "stroke=\"#b00020\" stroke-dasharray=\"5 4\"")
}
function target_label(us, percent, words) {
    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#b00020\"/>\n", x(us), y(percent)
    text(x(us) + 8, y(percent) + 16, words, "fill=\"#b00020\" stroke=\"white\" stroke-width=\"4\" paint-order=\"stroke\"")
}

function curve(s,    i, path) {
    path = sprintf("M%.1f %.1f", x(times[s, 1]), y(0))
    for (i = 1; i <= counts[s]; i++) path = path sprintf("H%.1fV%.1f", x(times[s, i]), y(100 * i / counts[s]))
    printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, colours[s]
}

function legend(s,    row) {
    row = 68 + 18 * (s - 1)
    line(20, row - 4, 44, row - 4, "stroke-width=\"3\" stroke=\"" colours[s] "\"")
    text(52, row, labels[s])
    text(330, row, counts[s] " changes", "fill=\"#555\"")
    text(425, row, "median " milliseconds(percentile(times, s, counts[s], 50)), "fill=\"#555\"")
    text(550, row, (counts[s] < 100 ? "" : "99 % " milliseconds(percentile(times, s, counts[s], 99))), "fill=\"#555\"")
    text(655, row, "maximum " milliseconds(times[s, counts[s]]), "fill=\"#555\"")
}

END {
    left = 80; right = 780; top = 150; bottom = 460
    from = int(log10(least)); if (from < 1) from = 1
    to = int(log10(most)) + 1
    if (to < 5) to = 5
    open_svg(800, 520, "One route comes or goes in main: how soon the source tables have followed", "8 source tables with 5,000 overlay routes each, one route changed at a time. Further left is quicker.")
    axes()
    for (s = series; s >= 1; s--) { curve(s); legend(s) }
    target_lines(1000, 50)
    target_lines(10000, 99)
    target_label(1000, 50, "target: median below 1 ms")
    target_label(10000, 99, "target: 99 % below 10 ms")
    close_svg()
}

# What the plots have in common: SVG written by hand.

function open_svg(width, height, title, subtitle) {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"Helvetica, Arial, DejaVu Sans, sans-serif\" font-size=\"12\">\n", width, height, width, height
    printf "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", title
    text(20, 28, title, "font-size=\"16\" font-weight=\"bold\"")
    text(20, 47, subtitle, "fill=\"#555\"")
}
function close_svg() { print "</svg>" }

function text(x, y, words, attributes) { printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, attributes, words }
function line(x1, y1, x2, y2, attributes) { printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, attributes }

function log10(value) { return log(value) / log(10) }
function milliseconds(us) { return sprintf(us < 9995 ? "%.2f ms" : us < 99950 ? "%.1f ms" : "%.0f ms", us / 1000) }

# The value that PERCENT of the COUNT sorted values do not exceed.
function percentile(values, series, count, percent,    rank) {
    rank = count * percent / 100
    return values[series, rank > int(rank) ? int(rank) + 1 : int(rank)]
}

# Not needed, and it has a price: a node on which the plugin does not stand, a new one whose image is not there yet, starts no pod then. What it buys: no pod
# starts without the plugin in the moment between flannel's start and the watcher's, and nothing writes the file twice.
# Puts srcroute behind the last plugin of flannel's conflist in a ConfigMap, once, and leaves the rest of the text as it is:
#   kubectl get cm kube-flannel-cfg -n kube-flannel -o json | jq -f add-entry.jq | kubectl replace -f -
.data["cni-conf.json"] as $text
| ($text | fromjson | .plugins |= map(select(.type != "srcroute")) + [{type: "srcroute"}]) as $wanted
# The last of the text's brackets are those of the list and of all.
| ($text | sub("\\}(?<end>\\s*\\]\\s*\\}\\s*)$"; "},\n    {\n      \"type\": \"srcroute\"\n    }\(.end)")) as $longer
| .data["cni-conf.json"] =
    if ($text | fromjson) == $wanted then $text
    elif ($longer | fromjson) == $wanted then $longer
    else $wanted | tojson end

# Takes srcroute out of flannel's conflist in a ConfigMap, and leaves the rest of the text as it is:
#   kubectl get cm kube-flannel-cfg -n kube-flannel -o json | jq -f remove-entry.jq | kubectl replace -f -
.data["cni-conf.json"] as $text
| ($text | fromjson | .plugins |= map(select(.type != "srcroute"))) as $wanted
| ($text | gsub(",\\s*\\{\\s*\"type\"\\s*:\\s*\"srcroute\"\\s*\\}"; "")) as $shorter
| .data["cni-conf.json"] =
    if ($text | fromjson) == $wanted then $text
    elif ($shorter | fromjson) == $wanted then $shorter
    else $wanted | tojson end

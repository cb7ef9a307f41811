using CniSrcRoute.Tests.Contract;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>`srcroute conflist` on files.</summary>
public sealed class ConflistVerbTests
{
    private const string List = "{\n  \"name\": \"cbr0\",\n  \"cniVersion\": \"0.3.1\",\n  \"plugins\": [\n    { \"type\": \"flannel\" }\n  ]\n}\n";

    [KernelFact]
    public void The_first_list_of_the_usual_directory_gets_the_entry_and_is_given_back_byte_for_byte()
    {
        using Node node = new();
        node.WithPlugin().Sh("mkdir -p /run/net.d /etc/cni; ln -s /run/net.d /etc/cni/net.d");
        node.Write("/run/net.d/10-flannel.conflist", List, "600");
        Assert.Equal(2, node.Srcroute("conflist check").ExitStatus);
        node.Srcroute("conflist add").Quietly();
        node.Srcroute("conflist check").Quietly();
        Assert.Equal("600", node.Sh("stat -c %a /run/net.d/10-flannel.conflist").Trim());
        Assert.Equal("10-flannel.conflist", node.Sh("ls /run/net.d").Trim());
        node.Srcroute("conflist add").Quietly();
        node.Srcroute("conflist remove").Quietly();
        Assert.Equal(List, node.Sh("cat /run/net.d/10-flannel.conflist"));
    }

    [KernelFact]
    public void A_symbolic_link_stays_one()
    {
        using Node node = new();
        node.Write("/run/real.conflist", List);
        node.Sh("ln -s /run/real.conflist /run/link.conflist");
        node.Srcroute("conflist add /run/link.conflist").Quietly();
        Assert.Equal("/run/real.conflist", node.Sh("readlink /run/link.conflist").Trim());
        node.Srcroute("conflist check /run/real.conflist").Quietly();
    }

    [StraceTheory]
    [InlineData("add", true)]
    [InlineData("remove", false)]
    public void Somebody_who_is_writing_the_file_at_that_moment_has_the_last_word(string verb, bool added)
    {
        const string Later = "{ \"name\": \"later\", \"cniVersion\": \"0.3.1\", \"plugins\": [{ \"type\": \"flannel\" }] }\n";
        string entry = added ? ",{ \"type\": \"srcroute\" }" : "";
        using Node node = new();
        node.Write("/run/x.conflist", List);
        if (!added)
        {
            node.Srcroute("conflist add /run/x.conflist").Quietly();
        }

        // He has opened it before, and writes when ours has just taken its place: there we are stopped.
        node.Write("/run/later", Later);
        node.Sh($"""
            exec 3<>/run/x.conflist
            strace -f -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=SIGSTOP:when=1 \
                {Requirements.Binary} conflist {verb} /run/x.conflist >/run/said 2>&1 & strace=$!
            until [ $(grep -c srcroute /run/x.conflist) = {(added ? 1 : 0)} ]; do kill -0 $strace; done
            cat /run/later >/proc/self/fd/3
            kill -CONT $(pgrep -P $strace)
            wait $strace
            """);
        Assert.Equal(Later.Replace("}]", $"}}{entry}]", StringComparison.Ordinal), node.Sh("cat /run/x.conflist"));
        Assert.Equal("x.conflist", node.Sh("cd /run; ls -A | grep x.conflist").Trim());
    }

    [KernelFact]
    public void A_single_plugin_becomes_a_list_and_is_put_back()
    {
        const string Single = "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\"}";
        using Node node = new();
        node.Write("/run/x.conf", Single);
        node.Srcroute("conflist add /run/x.conf").Quietly();
        node.Srcroute("conflist check /run/x.conflist").Quietly();
        Assert.Equal(["x.conf.before-srcroute", "x.conflist"], node.Sh("cd /run; ls x.*").Trim().Split('\n'));
        node.Srcroute("conflist remove /run/x.conf").Quietly();
        Assert.Equal("x.conf", node.Sh("cd /run; ls x.*").Trim());
        Assert.Equal(Single, node.Sh("cat /run/x.conf"));
    }

    [KernelTheory]
    [InlineData("/run/x.conf")]
    [InlineData("/run/x.conflist")]
    public void A_single_plugin_that_somebody_has_written_anew_stays(string named)
    {
        const string Single = "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\"}", Newer = "{\"name\": \"y\"}";
        using Node node = new();
        node.Write("/run/x.conf", Single);
        node.Srcroute("conflist add /run/x.conf").Quietly();
        node.Write("/run/x.conf", Newer);
        Assert.Contains("/run/x.conf stays, because it has been rewritten since\n", node.Srcroute($"conflist remove {named}").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal("x.conf", node.Sh("cd /run; ls x.*").Trim());
        Assert.Equal(Newer, node.Sh("cat /run/x.conf"));
    }

    [KernelFact]
    public void No_runtime_is_told_of_a_plugin_that_it_does_not_find()
    {
        const string Conflist = "/etc/cni/net.d/10-flannel.conflist";
        using Node node = new();
        node.Sh("""
            mkdir -p /etc/cni/net.d /etc/containerd /run/cni
            echo 'bin_dir = "/run/cni"' >/etc/containerd/config.toml
            """);
        node.Write(Conflist, List);
        Assert.Contains(
            $"{Conflist}: its runtime looks for plugins in /run/cni, where srcroute is not installed; first: ln -s ",
            node.Srcroute("conflist add").Refusal(),
            StringComparison.Ordinal);
        Assert.Equal(List, node.Sh($"cat {Conflist}"));

        // Whatever else is in the way is said as well.
        node.Write("/etc/cni/net.d/00-first.conf", "{ \"cniVersion\": \"0.3.1\", \"name\": \"first\", \"type\": \"bridge\" }");
        Assert.Contains("containerd and CRI-O read /etc/cni/net.d/00-first.conf instead", node.Srcroute("conflist add").Error, StringComparison.Ordinal);
        node.Sh($"rm /etc/cni/net.d/00-first.conf; ln -s {Requirements.Binary} /run/cni/srcroute");
        node.Srcroute("conflist add").Quietly();
    }

    [KernelFact]
    public void A_runtime_whose_plugins_are_not_to_be_seen_is_told_nothing()
    {
        const string Conflist = "/etc/cni/net.d/10-other.conflist";
        using Node node = new();
        node.Sh("mkdir -p /etc/cni/net.d");
        node.Write(Conflist, List.Replace("flannel", "somebodys-own", StringComparison.Ordinal));
        Assert.Contains("its plugin somebodys-own is in none of ", node.Srcroute("conflist add").Refusal(), StringComparison.Ordinal);
        Assert.DoesNotContain("srcroute", node.Sh($"cat {Conflist}"), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("\"type\": \"bridge\"", "move it away")]
    [InlineData("\"type\": \"multus\", \"delegates\": [{ \"type\": \"flannel\" }]", "restart Multus")]
    public void A_list_that_the_runtime_does_not_read_is_no_place_for_the_entry(string first, string remedy)
    {
        const string Conflist = "/etc/cni/net.d/10-flannel.conflist";
        using Node node = new();
        node.WithPlugin().Sh("mkdir -p /etc/cni/net.d");
        node.Write(Conflist, List);
        node.Write("/etc/cni/net.d/00-first.conf", $"{{ \"cniVersion\": \"0.3.1\", \"name\": \"first\", {first} }}");
        Outcome added = node.Srcroute($"conflist add {Conflist}");
        Assert.Equal(0, added.ExitStatus);
        string words = $"containerd and CRI-O read /etc/cni/net.d/00-first.conf instead of {Conflist}";
        Assert.Contains(words, added.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, added.Error, StringComparison.Ordinal);
        Outcome check = node.Srcroute($"conflist check {Conflist}");
        Assert.Equal(2, check.ExitStatus);
        Assert.Contains(words, check.Error, StringComparison.Ordinal);
        Assert.Contains(words, node.Srcroute("status").Output, StringComparison.Ordinal);

        // When it names the plugin too, by a copy of the list, or is gone, all is well.
        node.Sh("sed -i 's/{ \"type\": \"flannel\" }/&, { \"type\": \"srcroute\" }/' /etc/cni/net.d/00-first.conf; grep -q srcroute /etc/cni/net.d/00-first.conf || rm /etc/cni/net.d/00-first.conf");
        node.Srcroute($"conflist check {Conflist}").Quietly();
    }

    [KernelFact]
    public void Somebody_elses_list_beside_a_single_plugin_is_not_overwritten()
    {
        using Node node = new();
        node.Write("/run/x.conf", "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\"}");
        node.Write("/run/x.conflist", List);
        Assert.Contains("/run/x.conflist exists as well", node.Srcroute("conflist add /run/x.conf").Refusal(), StringComparison.Ordinal);
        Assert.Equal(List, node.Sh("cat /run/x.conflist"));
    }

    [KernelFact]
    public void Several_at_once_leave_no_half_of_a_list_and_all_succeed()
    {
        using Node node = new();
        node.Write("/run/before.conflist", List);
        node.Write("/run/after.conflist", List);
        node.Srcroute("conflist add /run/after.conflist").Quietly();
        node.Sh($$"""
            cp /run/before.conflist /run/x.conflist
            either="$(sha256sum </run/before.conflist)|$(sha256sum </run/after.conflist)"
            all=''
            for i in 1 2 3 4; do
                for n in $(seq 25); do
                    for verb in add remove; do
                        {{Requirements.Binary}} conflist $verb /run/x.conflist >/dev/null
                        now=$(sha256sum </run/x.conflist)
                        case "$either" in *"$now"*) ;; *) cat /run/x.conflist >&2; exit 1 ;; esac
                    done
                done &
                all="$all $!"
            done
            for one in $all; do wait $one; done
            """);
    }

    [KernelFact]
    public void Bytes_that_are_no_text_are_refused_and_left()
    {
        using Node node = new();
        node.Sh("printf '{\"name\":\"\\377\",\"plugins\":[{\"type\":\"a\"}]}' >/run/x.conflist; cp /run/x.conflist /run/before");
        Assert.Contains("not UTF-8", node.Srcroute("conflist add /run/x.conflist").Refusal(), StringComparison.Ordinal);
        node.Sh("cmp /run/x.conflist /run/before");
    }
}

using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.UnitTests.Fuzz;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>Standard input, nearly as runtimes write it, and what the program answers.</summary>
public sealed class FuzzedInputTests
{
    [KernelFact]
    public void The_binary_answers_with_one_document_whatever_it_is()
    {
        using Node node = Topology.TwoCards().WithFlannel();
        node.Sh("mkdir /run/fuzz");
        string directory = node.PathOf("/run/fuzz");
        var random = new Random(1);
        for (int i = 0; i < 150; i++)
        {
            File.WriteAllBytes($"{directory}/{i:000}", Mutation.Json(random, StdinFuzz.Corpus));
        }

        string statuses = node.Start(["sh", "-uc", $"""
            export CNI_CONTAINERID=a CNI_NETNS=/run/netns/lan CNI_IFNAME=eth0 CNI_PATH=/
            for file in /run/fuzz/*; do
                for verb in ADD DEL CHECK; do
                    CNI_COMMAND=$verb {Requirements.Binary} <$file >$file.$verb 2>/dev/null
                    echo $? ${"{file##*/}"} $verb
                done
            done
            """]).Finish().Succeeded().Output;

        foreach (string[] call in statuses.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')))
        {
            AssertAnswer(call[0], call[2], File.ReadAllBytes($"{directory}/{call[1]}.{call[2]}"), $"{directory}/{call[1]}");
        }
    }

    private static void AssertAnswer(string status, string verb, byte[] output, string file)
    {
        string input = Convert.ToBase64String(File.ReadAllBytes(file));
        Assert.True(status is "0" or "1", $"{verb}: status {status}: {input}");
        if (status == "0" && verb is not ("ADD" or "VERSION"))
        {
            Assert.True(output.Length == 0, $"{verb}: {input}");
            return;
        }

        using var document = JsonDocument.Parse(output, new JsonDocumentOptions { MaxDepth = 1 << 20 });
        if (status == "1")
        {
            int code = document.RootElement.GetProperty("code").GetInt32();
            Assert.True(code is 1 or 4 or 6 or 7 or 50 or 51, $"{verb}: code {code}: {input}");
        }
    }
}

namespace CniSrcRoute.Harm.Parts;

/// <summary>What an administrator writes by mistake, and takes back.</summary>
internal sealed class Mistaken(Random random) : Part
{
    private static readonly string[] Texts =
    [
        """{ "sources": [{ "address": "192.168.1.10", "gatway": "192.168.1.1" }] }""",
        """{ "sources": [{ "address": "192.168.1.10", "gateway": "2001:db8::1" }] }""",
        """{ "sources": [{ "address": "192.168.1.10", "table": "local" }] }""",
        """{ "extend": ["nobodys"] }""",
        """{ "discover": "no" }""",
        """{ "sources": [{ "address": "192.168.1.10", "table": 77 }, { "address": "10.0.0.10", "table": 77 }] }""",
        """{ "overlay": { "networks": ["0.0.0.0/0"] } }""",
        """{ "marks": { "mask": "0x1" } }""",
        "{ sources }",
    ];

    private readonly string _text = Texts[random.Next(Texts.Length)];

    public override void Build(Draft draft) => draft.Mistakes.Add(_text);

    public override string ToString() => $"a mistake: {_text}";
}

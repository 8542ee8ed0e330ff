using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.DocumentLimits;

namespace PciDash.Scenarios;

/// <summary>The names that a document can use: the catalogue's, and those that it defines itself.</summary>
/// <param name="Devices">Devices.</param>
/// <param name="Drivers">Drivers.</param>
/// <param name="Policies">Shutdown policies.</param>
internal sealed record Catalogue(Words<DeviceModel> Devices, Words<DriverModel> Drivers, Words<ShutdownPolicy> Policies)
{
    public static readonly Catalogue Standard = new(Vocabulary.Devices, Vocabulary.Drivers, Vocabulary.Policies);

    public static Catalogue Of(Scenario scenario) => Standard.With(scenario.OwnDevices, scenario.OwnDrivers, scenario.OwnPolicies);

    public Catalogue With(IEnumerable<DeviceModel> devices, IEnumerable<DriverModel> drivers, IEnumerable<ShutdownPolicy> policies) => new(
        Devices.With(devices.Select(d => (d.Id, d))), Drivers.With(drivers.Select(d => (d.Id, d))), Policies.With(policies.Select(p => (p.Id, p))));
}

/// <summary>Devices, drivers and policies that a document defines itself: read and written.</summary>
internal static partial class OwnRows
{
    public static readonly string[] DriverMembers =
    [
        "source", "unknown", "intx_handler", "vector_handler", "intx_only", "sets_master_last", "takes_vectors_twice", "acknowledges_first", "changes_to_intx",
        "resets_only_if_asked", "remembers_msix", "opening", "shutdown",
    ];

    public static readonly string[] HandlerMembers = ["symbol", "clears_cause", "blind", "masks", "thread", "reads_config", "leaves_to_guest"];

    public static readonly string[] PolicyMembers = ["label", "source", "replaces_driver", "steps"];

    private static readonly string[] LineMembers = ["do", "on", "since"];

    private static readonly string[] PolicyLineMembers = [.. LineMembers, "if"];

    private const int MostRows = 1_024;
    private const int MostLines = 64;

    [GeneratedRegex(RowPattern, RegexOptions.CultureInvariant)]
    private static partial Regex IdShape();

    public static List<DeviceModel> ReadDevices(Node node) => Rows(node, "devices", Vocabulary.Devices, (id, row) =>
        row.IsObject([.. DeviceProperties.All.Select(p => p.Name)]) ? DeviceProperties.Read(row, Blank(id)) : null);

    public static List<DriverModel> ReadDrivers(Node node) => Rows(node, "drivers", Vocabulary.Drivers, ReadDriver);

    public static List<ShutdownPolicy> ReadPolicies(Node node) => Rows(node, "policies", Vocabulary.Policies, (id, row) => !row.IsObject(PolicyMembers) ? null
        : ShutdownPolicy.Own(id, row.Text("label", Title) ?? id, row.Text("source", Title) ?? "", ReadScript(row, "steps", ofPolicy: true), row.Flag("replaces_driver") ?? false));

    public static JsonObject Write(DeviceModel device) => DeviceProperties.Difference(device, Blank(device.Id));

    public static JsonObject Write(DriverModel driver)
    {
        var blank = Plain(driver.Id, "");
        var json = new JsonObject();
        Put(json, "source", driver.Source, "");
        Put(json, "unknown", driver.Unknown, "");
        Put(json, "intx_handler", driver.IntxHandler, blank.IntxHandler);
        Put(json, "vector_handler", driver.VectorHandler, blank.VectorHandler);
        Put(json, "intx_only", driver.IntxOnly);
        Put(json, "sets_master_last", driver.SetsMasterLast);
        Put(json, "takes_vectors_twice", driver.TakesVectorsTwice);
        Put(json, "acknowledges_first", driver.AcknowledgesFirst);
        Put(json, "changes_to_intx", driver.ChangesToIntx);
        Put(json, "resets_only_if_asked", driver.ResetsOnlyIfAsked);
        Put(json, "remembers_msix", driver.RemembersMsix);
        Put(json, "opening", Vocabulary.Openings.Of(driver.Opening), Vocabulary.Openings.Of(OpeningWork.None));
        if (driver.OwnScript is { Count: > 0 } script)
        {
            json["shutdown"] = WriteScript(script);
        }

        return json;
    }

    public static JsonObject Write(ShutdownPolicy policy)
    {
        var json = new JsonObject();
        Put(json, "label", policy.Label, policy.Id);
        Put(json, "source", policy.Source, "");
        Put(json, "replaces_driver", policy.ReplacesDriver);
        json["steps"] = WriteScript(policy.Script);
        return json;
    }

    public static JsonObject DriverSchema() => ScenarioSchema.Object(
        [],
        ("source", ScenarioSchema.String(Title, "Where the facts are from.")),
        ("unknown", ScenarioSchema.String(Title, "What is not known of it.")),
        ("intx_handler", HandlerSchema()),
        ("vector_handler", HandlerSchema()),
        ("intx_only", ScenarioSchema.Flag("It uses its pin, whatever the device offers.")),
        ("sets_master_last", ScenarioSchema.Flag("Its probe sets Bus Master Enable last.")),
        ("takes_vectors_twice", ScenarioSchema.Flag("Its probe takes vectors, gives them back and takes them again.")),
        ("acknowledges_first", ScenarioSchema.Flag("Its probe acknowledges what the device holds before it silences it.")),
        ("changes_to_intx", ScenarioSchema.Flag("It may change to the pin while it runs.")),
        ("resets_only_if_asked", ScenarioSchema.Flag("Its probe resets the device only under reset_devices.")),
        ("remembers_msix", ScenarioSchema.Flag("It places the device's config by its own note of MSI-X.")),
        ("opening", ScenarioSchema.Enum(Vocabulary.Openings, "What it leaves to the opening of its network interface: its request of interrupts, or their set-up too. Default: none.")),
        ("shutdown", ScriptSchema("Its .shutdown; none = it has none.")));

    public static JsonObject PolicySchema() => ScenarioSchema.Object(
        ["steps"],
        ("label", ScenarioSchema.String(Title, "In plain words.")),
        ("source", ScenarioSchema.String(Title, "Commit, tree or mail.")),
        ("replaces_driver", ScenarioSchema.Flag("The driver's own .shutdown is not called.")),
        ("steps", ScriptSchema(
            "What pci_device_shutdown does after the driver's .shutdown.",
            ("if", ScenarioSchema.Enum(Vocabulary.ScriptConditions, "Only for functions with a driver bound, or only for those that were enabled. Default: always.")))));

    private static JsonObject HandlerSchema() => ScenarioSchema.Object(
        [],
        ("symbol", ScenarioSchema.String(Id, "Its name, as the kernel prints it.")),
        ("clears_cause", ScenarioSchema.Flag("It acknowledges the cause at the device. Default: true.")),
        ("blind", ScenarioSchema.Flag("It says IRQ_HANDLED without looking.")),
        ("masks", ScenarioSchema.Flag("It turns the device's interrupts off until its deferred work is done.")),
        ("thread", ScenarioSchema.Enum(Vocabulary.Threads, "Where its work is done. Default: none.")),
        ("reads_config", ScenarioSchema.Flag("It reads the device's config when that has changed.")),
        ("leaves_to_guest", ScenarioSchema.Flag("It masks the pin by INTx-Disable and leaves the cause to a guest.")));

    private static JsonObject ScriptSchema(string description, params (string, JsonObject)[] more)
    {
        var word = new JsonObject { ["enum"] = new JsonArray([.. ScriptWords.All.Select(w => (JsonNode)w.Word)]) };
        var line = ScenarioSchema.Object(
            ["do"],
            [("do", (JsonObject)word.DeepClone()), ("on", ScenarioSchema.Enum(Vocabulary.Paths, "On this path only.")),
                ("since", ScenarioSchema.Enum(Vocabulary.Kernels, "From this release on.")), .. more]);
        var json = ScenarioSchema.Array(0, MostLines, new JsonObject { ["anyOf"] = new JsonArray(word, line) });
        json["description"] = description;
        return json;
    }

    private static List<T> Rows<T>(Node node, string member, Words<T> taken, Func<string, Node, T?> read)
        where T : class
    {
        var rows = new List<T>();
        foreach (var (id, row) in node.Entries(member))
        {
            if (!IdShape().IsMatch(id))
            {
                row.Problem(Node.Invariant($"'{Node.Shown(id)}' is no name; lower-case letters, digits, hyphens, underscores and full stops are possible, 1 to {Id}"));
            }
            else if (taken.TryGet(id, out _))
            {
                row.Problem($"{id} is a {taken.Kind} of the catalogue; choose another name");
            }
            else if (rows.Count == MostRows)
            {
                row.Problem(Node.Invariant($"more than {MostRows} of them; that many are possible"));
            }
            else if (read(id, row) is { } made)
            {
                rows.Add(made);
            }
        }

        return rows;
    }

    // What a device or driver is of which nothing was said.
    private static DeviceModel Blank(string id) => new(id, id, null, "");

    private static DriverModel Plain(string id, string source) =>
        new(id, new HandlerModel(id, ClearsCause: true, Blind: false), new HandlerModel(id, ClearsCause: true, Blind: false), source);

    private static DriverModel? ReadDriver(string id, Node node)
    {
        if (!node.IsObject(DriverMembers))
        {
            return null;
        }

        var plain = Plain(id, node.Text("source", Title) ?? "");
        return (plain with
        {
            Unknown = node.Text("unknown", Title) ?? "",
            IntxHandler = ReadHandler(node, "intx_handler", plain.IntxHandler),
            VectorHandler = ReadHandler(node, "vector_handler", plain.VectorHandler),
            IntxOnly = node.Flag("intx_only") ?? false,
            SetsMasterLast = node.Flag("sets_master_last") ?? false,
            TakesVectorsTwice = node.Flag("takes_vectors_twice") ?? false,
            AcknowledgesFirst = node.Flag("acknowledges_first") ?? false,
            ChangesToIntx = node.Flag("changes_to_intx") ?? false,
            ResetsOnlyIfAsked = node.Flag("resets_only_if_asked") ?? false,
            RemembersMsix = node.Flag("remembers_msix") ?? false,
            Opening = node.Word("opening", Vocabulary.Openings),
        }).WithScript(ReadScript(node, "shutdown"));
    }

    private static HandlerModel ReadHandler(Node driver, string member, HandlerModel plain)
    {
        if (driver.Member(member) is not { } node || !node.IsObject(HandlerMembers))
        {
            return plain;
        }

        return new HandlerModel(node.Text("symbol", Id) ?? plain.Symbol, node.Flag("clears_cause") ?? true, node.Flag("blind") ?? false)
        {
            Masks = node.Flag("masks") ?? false,
            Thread = node.Word("thread", Vocabulary.Threads),
            ReadsConfig = node.Flag("reads_config") ?? false,
            LeavesToGuest = node.Flag("leaves_to_guest") ?? false,
        };
    }

    // A driver's script runs for its own functions only: there is nothing to ask.
    private static List<ScriptLine> ReadScript(Node node, string member, bool ofPolicy = false)
    {
        var lines = new List<ScriptLine>();
        foreach (var item in node.Items(member, 0, MostLines))
        {
            if (item.Element.ValueKind == System.Text.Json.JsonValueKind.Object)
            {
                if (item.IsObject(ofPolicy ? PolicyLineMembers : LineMembers) && item.Word("do", Vocabulary.ScriptWords, required: true) is { } word)
                {
                    lines.Add(new ScriptLine(word)
                    {
                        On = item.Has("on") ? item.Word("on", Vocabulary.Paths) : null,
                        Since = item.Word("since", Vocabulary.Kernels)?.Version,
                        If = item.Word("if", Vocabulary.ScriptConditions),
                    });
                }
            }
            else if (item.AsWord(Vocabulary.ScriptWords) is { } word)
            {
                lines.Add(new ScriptLine(word));
            }
        }

        return lines;
    }

    private static JsonArray WriteScript(IReadOnlyList<ScriptLine> lines) => new([.. lines.Select(line =>
    {
        if (line is { On: null, Since: null, If: ScriptCondition.Always })
        {
            return (JsonNode)line.Word;
        }

        var json = new JsonObject { ["do"] = line.Word };
        if (line.On is { } path)
        {
            json["on"] = Vocabulary.Paths.Of(path);
        }

        Put(json, "since", line.Since ?? "", "");
        Put(json, "if", Vocabulary.ScriptConditions.Of(line.If), Vocabulary.ScriptConditions.Of(ScriptCondition.Always));
        return json;
    })]);

    private static void Put(JsonObject json, string name, string value, string standard)
    {
        if (value != standard)
        {
            json[name] = value;
        }
    }

    private static void Put(JsonObject json, string name, bool value, bool standard = false)
    {
        if (value != standard)
        {
            json[name] = value;
        }
    }

    private static void Put(JsonObject json, string name, HandlerModel handler, HandlerModel plain)
    {
        if (handler == plain)
        {
            return;
        }

        var own = new JsonObject();
        Put(own, "symbol", handler.Symbol, plain.Symbol);
        Put(own, "clears_cause", handler.ClearsCause, true);
        Put(own, "blind", handler.Blind);
        Put(own, "masks", handler.Masks);
        Put(own, "thread", Vocabulary.Threads.Of(handler.Thread), Vocabulary.Threads.Of(HandlerThread.None));
        Put(own, "reads_config", handler.ReadsConfig);
        Put(own, "leaves_to_guest", handler.LeavesToGuest);
        json[name] = own;
    }
}

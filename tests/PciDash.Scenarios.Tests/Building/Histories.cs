using System.Diagnostics;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;
using EditHistory = PciDash.Scenarios.Building.EditHistory<PciDash.Scenarios.Building.MachineDraft>;

namespace PciDash.Scenarios.Tests.Building;

/// <summary>Nothing that was done or typed is lost.</summary>
public class Histories
{
    private static readonly FormField Gsi = FieldTable.Function.Single(f => f.Path == "gsi");

    private static EditHistory Add(EditHistory history, string device, Bdf? bridge = null)
    {
        var outcome = TopologyEdit.Add(history.Now.Scenario, DeviceModel.Find(device)!, bridge);
        return history.Do(history.Now.After(outcome), outcome.Words);
    }

    private static EditHistory Set(EditHistory history, Bdf at, string text)
    {
        var (draft, words) = history.Now.Set(at, Gsi, text);
        return history.Do(draft, words);
    }

    [Fact]
    public void Everything_is_undone_and_done_again_without_limit()
    {
        var history = new EditHistory(new MachineDraft(TopologyEdit.Empty));
        Assert.Null(history.Undoable);
        Assert.Same(history, history.Undo());
        var states = new List<string> { "" };
        for (var i = 0; i < 200; i++)
        {
            history = Add(history, i % 3 == 0 ? "e1000" : "nvme");
            states.Add(ScenarioDocument.Write(history.Now.Scenario));
        }

        for (var i = states.Count - 2; i > 0; i--)
        {
            history = history.Undo();
            Assert.Equal(states[i], ScenarioDocument.Write(history.Now.Scenario));
        }

        history = history.Undo();
        Assert.Empty(history.Now.Scenario.Functions);
        Assert.Null(history.Undoable);
        Assert.Equal("Added Intel 82540EM network card at 00:01.0.", history.Redoable);
        for (var i = 1; i < states.Count; i++)
        {
            history = history.Redo();
            Assert.Equal(states[i], ScenarioDocument.Write(history.Now.Scenario));
        }

        Assert.Null(history.Redoable);
        Assert.Same(history, history.Redo());
    }

    [Fact]
    public void Doing_something_else_forgets_what_was_undone()
    {
        var history = Add(Add(new EditHistory(new MachineDraft(TopologyEdit.Empty)), "e1000"), "nvme").Undo();
        Assert.NotNull(history.Redoable);
        history = Add(history, "uhci");
        Assert.Null(history.Redoable);
        Assert.Equal(["e1000", "uhci"], history.Now.Scenario.Functions.Select(f => f.Device.Id));
    }

    [Fact]
    public void What_was_typed_stays_until_it_is_put_right_and_goes_where_its_function_goes()
    {
        var card = new Bdf(0, 2, 0);
        var history = Set(Add(Add(new EditHistory(new MachineDraft(TopologyEdit.Empty)), "pci-bridge"), "e1000"), card, "999");
        Assert.Null(history.Now.Scenario.Functions[1].Gsi);
        Assert.Equal(new FieldDraft("999", "999 given; 0 to 239 are possible."), history.Now.Drafts[(card, "gsi")]);

        var moved = TopologyEdit.Move(history.Now.Scenario, card, new Bdf(0, 1, 0));
        history = history.Do(history.Now.After(moved), moved.Words);
        Assert.Equal("999", history.Now.Drafts[(new Bdf(1, 2, 0), "gsi")].Text);

        var right = Set(history, new Bdf(1, 2, 0), "99");
        Assert.Empty(right.Now.Drafts);
        Assert.Equal(new Gsi(99), right.Now.Scenario.Functions[1].Gsi);
        Assert.Equal("999", Assert.Single(right.Undo().Now.Drafts).Value.Text);

        var gone = TopologyEdit.Delete(history.Now.Scenario, new Bdf(1, 2, 0));
        Assert.Empty(history.Now.After(gone).Drafts);
        Assert.Throws<ArgumentException>(() => history.Now.After(TopologyEdit.Delete(history.Now.Scenario, card)));
    }

    [Fact]
    public void The_catalogue_is_found_by_name_title_driver_and_ids()
    {
        var empty = TopologyEdit.Empty;
        Assert.Equal("nvme", DeviceSearch.Find(empty, "nvm")[0].Id);
        Assert.Equal("pcie-root-port", DeviceSearch.Find(empty, "root")[0].Id);
        Assert.Equal("pcie-root-port", DeviceSearch.Find(empty, "")[0].Id);
        Assert.Equal("e1000e", DeviceSearch.Find(empty, "8086:10d3")[0].Id);
        Assert.Contains(DeviceSearch.Find(empty, "realtek card"), o => o.Id == "rtl8139");
        Assert.Contains(DeviceSearch.Find(empty, "snd_hda"), o => o.Id == "hda");
        Assert.Equal([2, 4, 8], DeviceSearch.Find(empty, "pcie switch with").Select(o => o.SwitchPorts));
        Assert.Empty(DeviceSearch.Find(empty, "no such thing"));
        Assert.Equal(DeviceModel.All.Count + 3, DeviceSearch.Find(empty, "").Count);
        Assert.Contains("belongs below", DeviceSearch.Find(empty, "pcie-switch-2")[0].WhyNot(new MachineTree(empty), null), StringComparison.Ordinal);
    }

    // What an edit costs before anything is drawn. Generous: the machine that tests is shared; meant are 100 ms for the whole repaint.
    [Fact]
    public void An_edit_of_300_functions_and_its_check_take_little_time()
    {
        var bridges = Enumerable.Range(0, 10).Select(i => new FunctionSpec(new Bdf(0, i + 1, 0), DeviceModel.Find("pci-bridge")!) { SecondaryBus = i + 1 });
        var cards = Enumerable.Range(0, 290).Select(i => new FunctionSpec(new Bdf((i % 10) + 1, i / 10, 0), DeviceModel.Find("e1000e")!) { Parent = new Bdf(0, (i % 10) + 1, 0), Cpu = i % 8 });
        var machine = FieldEdit.SetMachine(TopologyEdit.Empty with { Functions = [.. bridges, .. cards] }, cpus: 8).After!;
        var times = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            var clock = Stopwatch.StartNew();
            var after = FieldEdit.Set(machine, new Bdf(1, 3, 0), Gsi, (16 + i).ToString(System.Globalization.CultureInfo.InvariantCulture)).After!;
            Assert.Empty(Places.ProblemsOf(after));
            Assert.NotNull(TopologyEdit.Duplicate(after, new Bdf(1, 3, 0)).After);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        Assert.InRange(times.Order().ElementAt(10), 0, 400);
    }
}

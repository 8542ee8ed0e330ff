using CsCheck;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Whatever is done to a text: nothing is thrown, a machine that comes of it compiles, and one that does not is explained.</summary>
public class Mutations
{
    private static readonly string[] Texts =
    [
        .. ((string[])["board-vvv", "board-v", "board-nnk", "board-mm", "board-vmm", "board-tv", "board-xxx"]).Select(Board.Text),
        "           CPU0       CPU1\n 16:  33  0  IO-APIC  16-fasteoi   uhci_hcd:usb3, e1000\n 25:  0  7  PCI-MSI 512000-edge      ahci0\n 30:  1  0  PCI-MSIX-0000:00:19.0    0-edge      eth0\n",
        "irq 16: nobody cared (try booting with the \"irqpoll\" option)\nCPU: 0 PID: 0 Comm: swapper/0 Not tainted 4.1.6 #1\nhandlers:\n[<00000000>] usb_hcd_irq\nDisabling IRQ #16\n",
        "Linux host 6.1.0-18-amd64 #1 SMP\nBOOT_IMAGE=/vmlinuz ro noirqdebug pci=nomsi\n",
    ];

    private static readonly string[] Pieces =
        ["00:", "[", "]", ": ", "\t", "\n", "> ", "\r", "\"", "ffff", "MSI: Enable+ Count=1/", "MSI-X: Enable+ Count=", "99999999999", "secondary=", "0000:", "-[00]-+-", "\0", "\ud800", "IRQ ", "pin ", "CPU0", "handlers:"];

    private static readonly Gen<(int Place, int Kind, int Length, int Piece)> Change = Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 4], Gen.Int[1, 200], Gen.Int[0, Pieces.Length - 1]);

    [Fact]
    public void Anything_is_taken_and_what_is_made_of_it_compiles()
    {
        var (machines, errors) = (0, 0);
        Gen.Select(Gen.Shuffle(Texts, 1, 3), Change.Array[0, 12]).Sample(
            (texts, changes) =>
            {
                var machine = MachineImport.Read(changes.Aggregate(string.Join('\n', texts), Changed));
                var isRefused = machine.Notes.Any(n => n.Severity == NoteSeverity.Error);
                Assert.Equal(machine.Scenario is null, isRefused);
                if (machine.Scenario is { } scenario)
                {
                    CompiledMachine.Compile(scenario);
                    Interlocked.Increment(ref machines);
                }
                else
                {
                    Interlocked.Increment(ref errors);
                }
            },
            iter: 3_000, threads: 1);

        // Both happen, or the test would say nothing.
        Assert.True(machines > 300 && errors > 30, $"{machines} machines, {errors} refused");
    }

    [Fact]
    public void Bytes_of_any_kind_are_taken() =>
        Gen.Byte.Array[0, 5_000].Sample(bytes => MachineImport.Read([new ImportFile("0000:00:1f.2/config", bytes), new ImportFile("x", bytes)]).Functions.Count == 1, iter: 300, threads: 1);

    [Fact]
    public void A_config_file_that_begins_like_a_packed_one_is_still_a_config_file()
    {
        var config = new byte[256];
        (config[0], config[1], config[2], config[3]) = (0x1f, 0x8b, 0x34, 0x12);
        Assert.Equal(0x8b1f, Assert.Single(MachineImport.Read([new ImportFile("0000:00:1f.2/config", config)]).Functions).VendorId!.Value.Value);
    }

    private static string Changed(string text, (int Place, int Kind, int Length, int Piece) change)
    {
        if (text.Length == 0)
        {
            return Pieces[change.Piece];
        }

        var at = change.Place % text.Length;
        var length = Math.Min(change.Length, text.Length - at);
        return change.Kind switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Pieces[change.Piece]),
            2 => text.Insert(at, text.Substring(at, length)),
            3 => text[..at] + (char)(text[at] ^ (1 << (change.Piece % 7))) + text[(at + 1)..],
            _ => text[..at],
        };
    }
}

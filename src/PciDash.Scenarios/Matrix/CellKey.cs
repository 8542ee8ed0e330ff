using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Matrix;

/// <summary>
/// What two cells must agree in to be the same machine doing the same: the scenario but for its policies, and the program that they make.
/// A policy acts in nothing but the program. Sources are left out: they are told, not obeyed.
/// </summary>
internal static class CellKey
{
    public static string Of(CompiledMachine machine)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));

        // As compiled: with the kernel that is jumped into, named or not.
        Add(ScenarioDocument.Write(machine.Scenario.WithPolicy(ShutdownPolicy.P0)));
        foreach (var i in machine.Program)
        {
            Add(string.Create(CultureInfo.InvariantCulture,
                $"{i.Op} {i.Function} {i.A} {i.B} {i.If} {i.CostNs} {i.Class} {(i.Origin < 0 ? "" : machine.Origins[i.Origin].Where)}\n"));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}

package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.Optional;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.machine.x86.Level;
import moka.engine.runtime.WorkerTeam;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProductRateTest {
    @ParameterizedTest
    @EnumSource(Level.class)
    void isMeasuredAtEveryLevel(Level level) {
        var provider = new MachineKernelProvider(Optional.of(level.toString()));
        try (WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = switch (provider.offer(new Request(team, Precision.FAST, false, 0))) {
                    case Offer.Accepted(var accepted) -> accepted;
                    case Offer.Refused(var reason) -> abort(level + " is not tested here: " + reason);
                }) {
            assertTrue(kernels.productLimit().orElseThrow() > 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Level.class)
    void countsTheProductsOfItsRounds(Level level) throws CodeMemory.RefusedException {
        var provider = new MachineKernelProvider(Optional.of(level.toString()));
        try (WorkerTeam team = new WorkerTeam(1);
                CodeStore store = new CodeStore(SystemMemory.ofThisSystem())) {
            if (provider.offer(new Request(team, Precision.FAST, false, 0)) instanceof Offer.Refused(var reason)) {
                abort(level + " is not tested here: " + reason);
            }
            byte[] bytes = new X86Code(new Target(level, false, false)).productRate();
            assertEquals(3 * 16 * 4 * level.lanes(), store.write(bytes).call(0, 0, 3, 0, 0, 0));
        }
    }
}

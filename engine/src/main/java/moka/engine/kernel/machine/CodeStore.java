package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The machine code of a kernel set: written routine by routine when each is called for the first time, given back all together. Thread-safe. */
final class CodeStore implements AutoCloseable {
    private final SystemMemory system;
    private final List<CodeMemory> written = new ArrayList<>();

    CodeStore(SystemMemory system) {
        this.system = system;
    }

    /** A routine that is needed at once: tells whether the system allows machine code at all. */
    synchronized Routine write(byte[] bytes) throws CodeMemory.RefusedException {
        var builder = new CodeMemory.Builder();
        int offset = builder.add(bytes);
        CodeMemory code = builder.build(system);
        written.add(code);
        return code.routine(offset);
    }

    /** A routine that may be needed. @param writer gives the same bytes whenever it is asked */
    LazyRoutine later(Supplier<byte[]> writer) {
        return new LazyRoutine(this, writer);
    }

    /** No routine may run then, nor afterwards. */
    @Override
    public synchronized void close() {
        written.forEach(CodeMemory::close);
        written.clear();
    }
}

package moka.engine.architecture;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import moka.engine.ops.Rope;

/** The rotary tables of a model, shared by its sessions: one for each name that the family gives. Safe for use by many threads. */
public final class Rotations {
    private final Map<String, Rope> tables = new ConcurrentHashMap<>();

    /** No tables yet. */
    public Rotations() {}

    /** The table of that name, made at the first call. */
    public Rope table(String name, Supplier<Rope> make) {
        return tables.computeIfAbsent(name, it -> make.get());
    }
}

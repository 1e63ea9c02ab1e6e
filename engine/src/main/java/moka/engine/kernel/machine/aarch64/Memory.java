package moka.engine.kernel.machine.aarch64;

/**
 * Where something lies.
 *
 * @param offset bytes from where {@code base} points to; which are possible depends on the size of what is loaded
 */
public record Memory(General base, int offset) {
    /** The memory {@code more} bytes on. */
    public Memory plus(int more) {
        return new Memory(base, offset + more);
    }
}

package moka.testing.guard;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Memory that an owner hands out by address and takes back all at once. */
public final class GuardedPanels {
    private static final long ALIGNMENT = 64;
    private static final Map<Object, List<GuardedPages>> OWNED = new IdentityHashMap<>();

    private static final AtomicLong COUNT = new AtomicLong();

    private GuardedPanels() {}

    /** @param address what would be handed out, 0 if there is nothing @return what is handed out instead */
    public static long guarded(long address, Object owner, long bytes) {
        if (address == 0 || bytes <= 0) {
            return address;
        }
        GuardedPages pages = GuardedPages.of(bytes, ALIGNMENT);
        COUNT.incrementAndGet();
        synchronized (OWNED) {
            OWNED.computeIfAbsent(owner, it -> new ArrayList<>()).add(pages);
        }
        return pages.start();
    }

    /** How many were handed out. */
    static long count() {
        return COUNT.get();
    }

    /** All of an owner. */
    public static void release(Object owner) {
        List<GuardedPages> pages;
        synchronized (OWNED) {
            pages = OWNED.remove(owner);
        }
        if (pages != null) {
            pages.forEach(GuardedPages::release);
        }
    }
}

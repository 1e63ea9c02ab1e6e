package moka.engine.kernel.vector;

import java.lang.reflect.InvocationTargetException;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Gets {@code jdk.incubator.vector} into the running JVM. The module is not in the boot layer of a program started by {@code java -jar};
 * the JDK's own loader of service modules brings it in later, into the boot loader as at start, with intrinsics and without the
 * incubator warning. That needs {@code --add-exports java.base/jdk.internal.module=ALL-UNNAMED} (or {@code Add-Exports} in the
 * manifest); a JVM started with {@code --add-modules jdk.incubator.vector} or from the module path needs nothing.
 *
 * <p>This class refers to nothing of that module.
 */
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /** Loads the module if need be; the reason why the Vector API would be missing or slow, or empty if all is well. */
    static Optional<String> obstacle() {
        Optional<String> compiler = compilerObstacle(
                System.getProperty("java.vm.name", ""), System.getProperty("java.vm.info", ""));
        return compiler.isPresent() ? compiler : moduleObstacle();
    }

    /** Vectors become instructions in the optimizing compiler only: anything less allocates an object an operation. */
    static Optional<String> compilerObstacle(String vmName, String vmInfo) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return Optional.of("the machine is big-endian");
        }
        if (vmInfo.contains("interpreted mode")) {
            return Optional.of("the JVM interprets only (-Xint)");
        }
        if (vmInfo.contains("emulated-client") || vmName.contains("Client VM")) {
            return Optional.of("the JVM runs without its optimizing compiler (-XX:TieredStopAtLevel)");
        }
        if (!vmName.contains("Server VM")) {
            return Optional.of("the JVM is '" + vmName + "': expected HotSpot's server VM");
        }
        return Optional.empty();
    }

    private static Optional<String> moduleObstacle() {
        Optional<Module> booted = ModuleLayer.boot().findModule(NAME);
        if (booted.isPresent()) {
            read(booted.get());
            return Optional.empty();
        }
        try {
            Object loaded = Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, NAME);
            read((Module) loaded);
            return Optional.empty();
        } catch (IllegalAccessException e) {
            return Optional.of("module " + NAME
                    + " is not loaded: start with --add-modules " + NAME
                    + " or --add-exports java.base/jdk.internal.module=ALL-UNNAMED");
        } catch (InvocationTargetException e) {
            return Optional.of("module " + NAME + " is not in this runtime image: " + e.getCause());
        } catch (ReflectiveOperationException e) {
            return Optional.of("module " + NAME + " is not loaded, and this JDK loads none later: " + e);
        }
    }

    private static void read(Module vectors) {
        VectorModule.class.getModule().addReads(vectors);
    }
}

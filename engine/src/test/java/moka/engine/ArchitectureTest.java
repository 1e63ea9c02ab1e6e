package moka.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The directions between the packages of the engine, as docs/architecture.md tells them. */
class ArchitectureTest {
    private static final JavaClasses ENGINE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("moka.engine", "moka.gguf", "moka.tokenizer", "moka.template");

    @Test
    void packagesHaveNoCycles() {
        // The root package is the public API: exceptions and options of it are used inside, which is no cycle of rooms.
        slices().matching("moka.engine.(**)").should().beFreeOfCycles().check(ENGINE);
    }

    @Test
    void familiesNeverSeeAKernelSet() {
        noClasses()
                .that()
                .resideInAnyPackage("moka.engine.architecture..", "moka.engine.ops..", "moka.engine.cache..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "moka.engine.kernel.scalar..", "moka.engine.kernel.vector..", "moka.engine.kernel.machine..")
                .check(ENGINE);
    }

    @Test
    void onlyTheVectorSetSeesTheVectorApi() {
        noClasses()
                .that()
                .resideOutsideOfPackage("moka.engine.kernel.vector..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .check(ENGINE);
    }

    @Test
    void nothingPrintsOrReadsTheEnvironment() {
        noClasses().should().accessField(System.class, "out").check(ENGINE);
        noClasses().should().accessField(System.class, "err").check(ENGINE);
        noClasses().should().callMethod(System.class, "getenv", String.class).check(ENGINE);
        noClasses().should().callMethod(System.class, "exit", int.class).check(ENGINE);
    }

    @Test
    void onlyMachineCodeMakesDowncalls() {
        noClasses()
                .that()
                .resideOutsideOfPackages("moka.engine.kernel.machine..", "moka.engine.runtime..", "moka.gguf..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(ENGINE);
    }
}

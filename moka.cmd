@echo off
rem Starts Moka on Windows: finds a JDK of 25 or newer, builds cli\target\moka.jar where it is missing, and runs it.
rem MOKA_JAVA_OPTS gives further options to the JVM.
setlocal EnableDelayedExpansion
set "home=%~dp0"
set "jar=%home%cli\target\moka.jar"
set "jdk="
if defined JAVA_HOME call :try "%JAVA_HOME%"
if not defined jdk for /f "delims=" %%j in ('where java 2^>nul') do if not defined jdk call :try "%%~dpj.."
if not defined jdk if defined JAVA25_HOME call :try "%JAVA25_HOME%"
if not defined jdk for /d %%d in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\jdk*" "%ProgramFiles%\Zulu\*" "%ProgramFiles%\Amazon Corretto\*" "%USERPROFILE%\.jdks\*" "%USERPROFILE%\scoop\apps\*jdk*\current") do if not defined jdk call :try "%%~d"
if not defined jdk (
    >&2 echo moka: no JDK 25 or newer found: install one, for example Eclipse Temurin 25, or set JAVA_HOME
    exit /b 1
)
if not exist "%jar%" (
    where mvn >nul 2>nul || (
        >&2 echo moka: cli\target\moka.jar is missing, and no Maven was found to build it: install Maven 3.8 or newer
        exit /b 1
    )
    >&2 echo moka: building ^(the first time takes about a minute^) ...
    set "JAVA25_HOME=!jdk!"
    pushd "%home%"
    call mvn -q -B -DskipTests package -pl cli -am >"%TEMP%\moka-build.log" 2>&1
    set "built=!errorlevel!"
    popd
    if not "!built!"=="0" (
        >&2 echo moka: the build failed, see %TEMP%\moka-build.log
        exit /b 1
    )
)
endlocal & set "moka_java=%jdk%\bin\java.exe" & set "moka_jar=%jar%"
"%moka_java%" -XX:CompileCommand=quiet -XX:CompileCommand=CompileThresholdScaling,moka.engine.kernel.vector.Q*::*,0.1 -XX:CompileCommand=BackgroundCompilation,moka.engine.kernel.vector.Q*::*,false -XX:CompileCommand=CompileThresholdScaling,moka.engine.kernel.machine.*::*,4.0 -XX:+UseSerialGC -XX:-UsePerfData -Xlog:disable %MOKA_JAVA_OPTS% -jar "%moka_jar%" %*
exit /b %errorlevel%

:try
if not exist "%~1\bin\java.exe" exit /b
if not exist "%~1\release" exit /b
for /f "tokens=2 delims==" %%v in ('findstr /b "JAVA_VERSION=" "%~1\release"') do set "version=%%~v"
for /f "tokens=1 delims=.-+" %%v in ("!version!") do if %%v geq 25 set "jdk=%~1"
exit /b

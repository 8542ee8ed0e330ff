# The dashboard on port 8080, as a user without rights; short ids are kept in the volume /data.
#   docker build -t pcidash .
#   docker run --rm -p 8080:8080 -v pcidash:/data --read-only --tmpfs /tmp --cap-drop ALL pcidash

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/PciDash.Engine/PciDash.Engine.csproj src/PciDash.Engine/
COPY src/PciDash.Scenarios/PciDash.Scenarios.csproj src/PciDash.Scenarios/
COPY src/PciDash.Web/PciDash.Web.csproj src/PciDash.Web/
RUN dotnet restore src/PciDash.Web/PciDash.Web.csproj --use-current-runtime
COPY src/PciDash.Engine src/PciDash.Engine
COPY src/PciDash.Scenarios src/PciDash.Scenarios
COPY src/PciDash.Web src/PciDash.Web
COPY wwwroot wwwroot
# For this kind of machine only: the libraries that draw are large, and there is one for each.
RUN dotnet publish src/PciDash.Web/PciDash.Web.csproj -c Release --no-restore --use-current-runtime --self-contained false -o /app && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# A font, for the pictures that previews show.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app .
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
ENV ASPNETCORE_HTTP_PORTS=8080 PciDash__ShareFile=/data/pcidash.db
EXPOSE 8080
VOLUME /data
USER $APP_UID
# There is no curl in the image: the program asks itself.
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["dotnet", "PciDash.Web.dll", "probe"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "PciDash.Web.dll"]

"""The dashboard: Streamlit pages over the warehouse. Nothing that they draw leaves the host.

They read; what writes (a run, a sheet, a try) is a process of its own that they start.

    server     how it is started
    served     what the server serves where the dashboard itself signs visitors in
    main       its entry point: navigation, and what a reader sees when something fails
    admission  who may see a page: sign_in (a load balancer's header), oidc (a provider), roles, visitor
    navigation how one page leads to another
    addressed  widgets whose values stand in the URL
    views/     one module per page
    queries/   everything that is read, cached for some seconds; one module per page
    live       parts of a page that redraw themselves
    jobs       long work that a page starts; run_form what its form asks for
    alarms     what a reader should look at now (pure); freshness of a source
    stages     a run's state machine as it stands (pure)
    series     daily series made ready for charts (pure); sheet_frames and book_frames those of a sheet
    clustering which factors are alike (pure)
    events     corporate actions, filings and articles placed on sessions (pure)
    charts/    charts of such frames (pure)
    tables     how columns are named and formatted
    frames     tables as they are drawn, and rows that are picked; export as a file
    pictures   charts as they are drawn
    formulas   what stands in a formula (pure); provenance whether its data are real
    notices    banners, empty states and failures

What came from data is text and stays text: it goes through `st.text`, `st.code` and data frames, never through
Markdown.
"""

"""The dashboard: Streamlit pages over the warehouse. It only reads, and nothing that it draws leaves the host.

    server     how it is started
    served     what the server serves where the dashboard itself signs visitors in
    main       its entry point: navigation, and what a reader sees when something fails
    admission  who may see a page: sign_in (a load balancer's header), oidc (a provider), roles, visitor
    navigation how one page leads to another
    addressed  widgets whose values stand in the URL
    views/     one module per page
    queries/   everything that is read, cached for some seconds; one module per page
    series     daily series made ready for charts (pure)
    events     corporate actions, filings and articles placed on sessions (pure)
    charts/    charts of such frames (pure)
    tables     how columns are named and formatted
    frames     tables as they are drawn, and rows that are picked
    notices    banners, empty states and failures

What came from data is text and stays text: it goes through `st.text`, `st.code` and data frames, never through
Markdown.
"""
